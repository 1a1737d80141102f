#include "engine/cpu/simd/tile_pairs.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace alexnet::cpu::simd {
namespace {

// With a constant count compilers make vectors of it.
inline void join(const Bfloat16* even, const Bfloat16* odd, std::size_t count,
                 std::uint32_t* pairs) {
  for (std::size_t i = 0; i < count; ++i) {
    pairs[i] = even[i].bits | static_cast<std::uint32_t>(odd[i].bits) << 16U;
  }
}

}  // namespace

void pair_rows(const Bfloat16* even, const Bfloat16* odd, std::size_t columns, Bfloat16* lines,
               std::size_t panel_stride) {
  for (std::size_t first = 0; first < columns; first += kTileLines, lines += panel_stride) {
    std::array<std::uint32_t, kTileLines> line{};
    if (columns - first >= kTileLines) {
      join(even + first, odd + first, kTileLines, line.data());
    } else {
      join(even + first, odd + first, columns - first, line.data());
    }
    std::memcpy(lines, line.data(), sizeof line);
  }
}

}  // namespace alexnet::cpu::simd
