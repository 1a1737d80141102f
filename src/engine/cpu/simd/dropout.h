#pragma once

#include <alexnet/random.h>

#include <cstddef>
#include <cstdint>

namespace alexnet::cpu::simd {

/// kept[i] = 1 where number first + i of the stream, as a unit float, is at least `probability`,
/// else 0. The numbers are random_block's, bit for bit.
void draw_kept(const RandomKey& key, float probability, std::size_t first, std::size_t count,
               std::uint8_t* kept);

}  // namespace alexnet::cpu::simd
