#include "engine/cpu/linear/store.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "engine/cpu/linear/weight_rows.h"

namespace alexnet::cpu::linear {
namespace {

std::size_t rows_of(const Tensor& matrix) {
  return static_cast<std::size_t>(matrix.shape().front());
}

/// What owns the numbers of a matrix that was rounded here.
template <class Weight>
struct Rounded {
  std::vector<Weight> numbers;
  std::vector<float> scales;
};

template <class Weight>
Tensor round_all(const Tensor& matrix, Precision precision) {
  const std::size_t rows = rows_of(matrix);
  const auto depth = static_cast<std::size_t>(matrix.shape().back());
  auto rounded = std::make_shared<Rounded<Weight>>();
  rounded->numbers.resize(rows * depth);
  rounded->scales.resize(rows);
  std::vector<Weight> row(simd::stored_depth(depth));
  WeightRows weights(matrix, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    rounded->scales[i] = weights.rounded(row.data());
    std::copy_n(row.data(), depth, rounded->numbers.data() + i * depth);
  }
  return {matrix.shape(),
          StoredValues{.precision = precision,
                       .numbers = rounded->numbers.data(),
                       .scales = precision == Precision::int8 ? rounded->scales.data() : nullptr,
                       .mapped = false,
                       .owner = rounded}};
}

}  // namespace

std::string why_not_halves(const Tensor& matrix, int added_up) {
  constexpr float kLeastHalf = 0x1p-14F;
  constexpr float kLargestHalf = 65'504.0F;
  const auto depth = static_cast<std::size_t>(matrix.shape().back());
  float largest = 0.0F;
  WeightRows weights(matrix, 0);
  for (std::size_t row = 0; row < rows_of(matrix); ++row) {
    const float* const values = weights.floats();
    for (std::size_t i = 0; i < depth; ++i) largest = std::max(largest, std::abs(values[i]));
  }
  const bool is_small = largest > 0.0F && largest < kLeastHalf;
  largest *= static_cast<float>(added_up);
  if (!is_small && largest <= kLargestHalf) return {};
  return fmt::format("its weights reach {:.3g} and fp16 is for {:.1e} to {}", largest, kLeastHalf,
                     kLargestHalf);
}

Tensor stored(const Tensor& matrix, Precision precision) {
  if (matrix.shape().size() != 2) {
    throw Error(fmt::format("only matrices are stored in {}, not {}", to_string(precision),
                            to_string(matrix.shape())));
  }
  switch (precision) {
    case Precision::fp32:
      break;
    case Precision::fp16:
      return round_all<simd::Half>(matrix, precision);
    case Precision::bf16:
      return round_all<simd::Bfloat16>(matrix, precision);
    case Precision::int8:
      return round_all<std::int8_t>(matrix, precision);
  }
  return matrix.clone();
}

}  // namespace alexnet::cpu::linear
