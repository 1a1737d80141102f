#pragma once

#include <alexnet/tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/cpu/linear/stored_weights.h"
#include "engine/cpu/simd/packed_images.h"

namespace alexnet::cpu::linear {

/// Rows of a matrix for a thread that packs some, one after the other. What a file has stored as it
/// is wanted is taken as it is; pages of a mapped file are released behind.
class WeightRows {
 public:
  /// The rows from `first` on of a matrix that outlives this.
  WeightRows(const Tensor& matrix, std::size_t first)
      : matrix_(matrix),
        depth_(static_cast<std::size_t>(matrix.shape().back())),
        first_(first),
        next_(first) {}
  ~WeightRows() { release(); }
  WeightRows(const WeightRows&) = delete;
  WeightRows& operator=(const WeightRows&) = delete;

  /// The next row as floats, valid until the one after it is asked for.
  const float* floats() {
    const std::size_t begin = advance() * depth_;
    const StoredValues* const stored = matrix_.stored();
    if (stored == nullptr || stored->precision == Precision::fp32) return matrix_.data() + begin;
    row_.resize(depth_);
    matrix_.read(static_cast<std::int64_t>(begin), row_);
    return row_.data();
  }

  /// The next row, rounded, to memory of simd::stored_depth of its length. Returns what a stored 1
  /// is worth.
  template <class Weight>
  float rounded(Weight* to) {
    const StoredValues* const stored = matrix_.stored();
    if (stored == nullptr || stored->precision != kPrecision<Weight>) {
      return store_row(floats(), depth_, to);
    }
    const std::size_t row = advance();
    std::copy_n(static_cast<const Weight*>(stored->numbers) + row * depth_, depth_, to);
    return stored->scales == nullptr ? 1.0F : stored->scales[row];
  }

 private:
  template <class Weight>
  static constexpr Precision kPrecision =
      std::is_same_v<Weight, simd::Half>       ? Precision::fp16
      : std::is_same_v<Weight, simd::Bfloat16> ? Precision::bf16
                                               : Precision::int8;
  static constexpr std::size_t kReleasedTogether = std::size_t{1} << 19;  // elements

  std::size_t advance() {
    if ((next_ - first_) * depth_ >= kReleasedTogether) release();
    return next_++;
  }

  // The rows before the next.
  void release() {
    matrix_.release(static_cast<std::int64_t>(first_ * depth_),
                    static_cast<std::int64_t>((next_ - first_) * depth_));
    first_ = next_;
  }

  const Tensor& matrix_;
  std::size_t depth_;
  std::size_t first_;  // not released
  std::size_t next_;
  std::vector<float> row_;
};

}  // namespace alexnet::cpu::linear
