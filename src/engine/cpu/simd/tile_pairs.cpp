#include "engine/cpu/simd/tile_pairs.h"

#include <algorithm>

namespace alexnet::cpu::simd {

void pair_rows(const Bfloat16* even, const Bfloat16* odd, std::size_t columns, Bfloat16* lines,
               std::size_t panel_stride) {
  for (std::size_t first = 0; first < columns; first += kTileLines, lines += panel_stride) {
    const std::size_t some = std::min(kTileLines, columns - first);
    for (std::size_t column = 0; column < some; ++column) {
      lines[2 * column] = even[first + column];
      lines[2 * column + 1] = odd[first + column];
    }
    std::fill(lines + 2 * some, lines + kPairElements, Bfloat16{0});
  }
}

}  // namespace alexnet::cpu::simd
