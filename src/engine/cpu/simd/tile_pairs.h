#pragma once

#include <cstddef>

#include "engine/cpu/simd/halves.h"
#include "engine/cpu/simd/tiles.h"

/// B of bf16 from a matrix whose rows are the depth: two rows make a line of each panel of 16
/// columns, their elements in turn. The lines of a panel lie behind each other, so that a tile may
/// begin with any of them.
namespace alexnet::cpu::simd {

inline constexpr std::size_t kPairElements = 2 * kTileLines;  ///< of a line

/// The lines of two rows; of the last panel the columns that there are not are zeros.
/// `panel_stride`: elements from a panel's line to the next panel's.
void pair_rows(const Bfloat16* even, const Bfloat16* odd, std::size_t columns, Bfloat16* lines,
               std::size_t panel_stride);

}  // namespace alexnet::cpu::simd
