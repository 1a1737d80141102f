#pragma once

#include <cstddef>
#include <cstdint>

/// Rows of pixels on their way into the first layer.
namespace alexnet::cpu::simd {

/// out[i] = bytes[i] · scale[i] + offset[i]
void normalise_bytes(const std::uint8_t* bytes, const float* scale, const float* offset,
                     std::size_t count, float* out);

/// (channels, pixels), planes `plane_stride` apart, to (pixels, channels).
void interleave(const float* planes, std::size_t plane_stride, std::size_t channels,
                std::size_t pixels, float* out);

/// `runs` runs of `length` floats, contiguous on the left, `stride` apart on the right.
void spread_runs(const float* from, std::size_t runs, std::size_t length, float* to,
                 std::size_t stride);

}  // namespace alexnet::cpu::simd
