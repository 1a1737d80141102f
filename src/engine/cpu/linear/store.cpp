#include "engine/cpu/linear/store.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "core/halves.h"
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

// Magnitudes are in the order of their bits, which compilers make vectors of.
template <class Bits>
Bits largest_bits(const void* numbers, std::size_t count) {
  constexpr auto kMagnitude = static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1U);
  Bits largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Bits bits{};
    std::memcpy(&bits, static_cast<const std::byte*>(numbers) + i * sizeof bits, sizeof bits);
    largest = std::max(largest, static_cast<Bits>(bits & kMagnitude));
  }
  return largest;
}

float largest_magnitude(const Tensor& matrix) {
  const StoredValues* const stored = matrix.stored();
  if (stored != nullptr && stored->precision == Precision::fp16) {
    const auto count = static_cast<std::size_t>(matrix.size());
    const auto largest = largest_bits<std::uint16_t>(stored->numbers, count);
    matrix.release(0, matrix.size());
    return half_to_float(largest);
  }
  const auto depth = static_cast<std::size_t>(matrix.shape().back());
  std::uint32_t largest = 0;
  WeightRows weights(matrix, 0);
  for (std::size_t row = 0; row < rows_of(matrix); ++row) {
    largest = std::max(largest, largest_bits<std::uint32_t>(weights.floats(), depth));
  }
  return std::bit_cast<float>(largest);
}

}  // namespace

std::string why_not_halves(const Tensor& matrix, int added_up) {
  constexpr float kLeastHalf = 0x1p-14F;
  constexpr float kLargestHalf = 65'504.0F;
  float largest = largest_magnitude(matrix);
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
