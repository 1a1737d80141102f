#pragma once

#include <cstddef>
#include <cstdint>

/// The two passes of resizing, in Pillow's arithmetic for 8-bit images: weights in fixed point with
/// kFractionBits, sums in 32 bits, rounded to bytes after each pass. Every instruction set gives
/// the same bytes.
namespace alexnet::simd {

inline constexpr int kFractionBits = 32 - 8 - 2;

/// Kernels read whole vectors: as many bytes behind a row's last pixel are readable, and as many
/// behind the last pixel that they write writable.
inline constexpr std::size_t kRowSlack = 16;

/// Kernels of three channels take outputs and inputs by this many.
inline constexpr std::size_t kGroup = 4;

/// A row's outputs: output i is the sum of `taps` pixels from firsts[i] on.
struct ColumnMix {
  std::size_t outputs = 0;
  std::size_t taps = 0;                   ///< a multiple of kGroup
  const std::int32_t* firsts = nullptr;   ///< (outputs rounded up to kGroup,)
  const std::int32_t* weights = nullptr;  ///< (outputs rounded up, taps)
  const std::int16_t* packed = nullptr;   ///< pack_columns of them
};

/// 16-bit halves of the weights in the order in which vectors take them, (outputs / kGroup,
/// taps / kGroup, pair of taps, upper and lower half, kGroup outputs, 8): of a pair (a, b) the
/// eight are a b a b a b 0 0, for the three channels.
inline constexpr int kLowerBits = 11;
inline constexpr std::size_t kPackedGroup = std::size_t{2} * 2 * kGroup * 8;
void pack_columns(const ColumnMix& mix, std::int16_t* packed);

/// One row of three channels. Writes kGroup outputs at a time.
void mix_columns_rgb(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out);
/// One row of one channel.
void mix_columns_grey(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out);

/// out[i] = Σ weights[t] · rows[t · stride + i], for `count` bytes.
void mix_rows(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights,
              std::size_t taps, std::size_t count, std::uint8_t* out);

}  // namespace alexnet::simd
