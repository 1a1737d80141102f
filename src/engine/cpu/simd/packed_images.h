#pragma once

#include <cstddef>
#include <cstdint>

/// Images and weights as dot products read them (dot.h): whole vectors of floats or integers.
namespace alexnet::cpu::simd {

inline constexpr std::size_t kImagesTogether = 4;
inline constexpr std::size_t kRowGrain = 64;

/// Elements of a stored row or a packed image: whole vectors, whatever the processor.
inline std::size_t stored_depth(std::size_t depth) {
  return (depth + kRowGrain - 1) / kRowGrain * kRowGrain;
}

/// Writes image `image` of `images` to its place among the packed ones, `stored_depth(depth)`
/// elements for each.
void pack_image(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                float* packed);
/// As integers of at most ±4095. Returns what one of them is worth.
float pack_image(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                 std::int16_t* packed);

/// Writes `stored_depth(depth)` bytes of at most ±127. Returns what one of them is worth.
float to_bytes(const float* values, std::size_t depth, std::int8_t* bytes);

}  // namespace alexnet::cpu::simd
