#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/cpu/simd/halves.h"
#include "engine/cpu/simd/packed_images.h"

/// Dot products of weight rows with images: how a fully-connected layer reads each weight once, in
/// place, from the first element to the last.
///
///     sums (row, image) = Σ_k weight (row, k) · x (image, k)
///
/// Weights are floats as the caller has them, or halves or bytes that were stored for this
/// (`stored_depth` a row, zeros behind the last). Bytes are multiplied with activations that were
/// rounded to 13 bits, the rest with floats.
namespace alexnet::cpu::simd {

/// What a weight is multiplied with.
template <class Weight>
struct Factor {
  using Type = float;
};
template <>
struct Factor<std::int8_t> {
  using Type = std::int16_t;
};

/// A piece of the depth is so long that two blocks of rows and all images take this at most. Sums
/// are added up piece by piece, so this decides their bits and is the same on all machines.
inline constexpr std::size_t kPieceBytes = std::size_t{768} * 1024;

/// Floats from one row of sums to the next.
inline std::size_t sums_stride(std::size_t images) {
  return (images + kImagesTogether - 1) / kImagesTogether * kImagesTogether;
}

template <class Weight>
struct DotProducts {
  std::size_t rows = 0;
  std::size_t depth = 0;
  std::size_t images = 0;
  const Weight* weights = nullptr;  ///< halves and bytes: aligned to 64 bytes
  std::size_t stride = 0;           ///< from row to row
  const typename Factor<Weight>::Type* packed = nullptr;
  float* sums = nullptr;  ///< (rows, sums_stride(images)), aligned to 16 bytes

  // What the caches hold; does not change the sums.
  std::size_t pieces = 1;       ///< of the depth that a block of rows takes at a time: second level
  std::size_t slice_bytes = 0;  ///< of a block of rows that all images go over: first level
};

/// How they are cut: a block of rows goes over all images in a stretch of the depth, slice by
/// slice.
struct DotBlocks {
  std::size_t rows = 0;
  std::size_t stretch = 0;
  std::size_t slice = 0;
};

void dot(const DotProducts<float>& products);
void dot(const DotProducts<Half>& products);
void dot(const DotProducts<Bfloat16>& products);
void dot(const DotProducts<std::int8_t>& products);

DotBlocks dot_blocks(const DotProducts<float>& products);
DotBlocks dot_blocks(const DotProducts<Half>& products);
DotBlocks dot_blocks(const DotProducts<Bfloat16>& products);
DotBlocks dot_blocks(const DotProducts<std::int8_t>& products);

}  // namespace alexnet::cpu::simd
