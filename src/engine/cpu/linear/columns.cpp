// Every thread lists the elements of x that are not zero, which takes microseconds, and adds up the
// listed columns for its share of the outputs (simd/sparse.h).
#include "engine/cpu/linear/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/weight_rows.h"
#include "engine/cpu/simd/dot.h"
#include "engine/cpu/simd/sparse.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kVector = 16;  // floats; parts of the scratch memory begin on such
constexpr std::size_t kMostInputs = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;
// Shorter columns, of which each thread reads its share, are read too slowly. How many threads
// there are is not asked: rows give other bits.
constexpr std::size_t kFewestOutputs = 800;

/// from (rows, depth), `stride` apart, to to (depth, rows).
template <class Weight>
void transpose(const Weight* from, std::size_t stride, std::size_t rows, std::size_t depth,
               Weight* to, std::size_t to_stride) {
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t row = 0; row < rows; ++row) to[row] = from[row * stride + k];
    to += to_stride;
  }
}

}  // namespace

/// A thread's scratch memory.
struct Columns::Parts {
  float* values;           // the elements of x that are not zero,
  std::uint16_t* indices;  // and their indices
  float* sums;             // of its outputs
  std::size_t size;
};

Columns::Parts Columns::divide(float* per_thread) const {
  const std::size_t values = simd::list_capacity(sizes_.in);
  const std::size_t indices = round_up(values / 2, kVector);
  const std::size_t size = values + indices + stride();
  if (per_thread == nullptr) return {nullptr, nullptr, nullptr, size};
  return {per_thread, reinterpret_cast<std::uint16_t*>(per_thread + values),
          per_thread + values + indices, size};
}

std::size_t Columns::stride() const {
  return round_up(sizes_.out, simd::kColumnGrain);
}

std::string Columns::why_not(Sizes sizes) {
  if (sizes.in > kMostInputs) return fmt::format("more than {} inputs", kMostInputs);
  if (sizes.out < kFewestOutputs) return fmt::format("fewer than {} outputs", kFewestOutputs);
  return {};
}

Columns::Columns(Sizes sizes, const Tensor& weight, const float* bias, bool relu,
                 Precision precision)
    : sizes_(sizes), weight_(weight), bias_(bias), relu_(relu), precision_(precision) {
  stored_ = stored_weights(precision, sizes.in * stride());
  scales_ = Buffer<float>(sizes.out);
}

void Columns::pack(const Team& team) {
  const auto pack = [&]<class Weight>(Weight* stored) {
    // An odd number of cache lines apart, so that an element of all rows finds room in the
    // first-level cache.
    const std::size_t depth = simd::stored_depth(sizes_.in) | (64 / sizeof(Weight));
    Buffer<Weight> rounded(simd::kColumnGrain * depth);
    team.each(sizes_.out, simd::kColumnGrain, [&](Range some) {
      WeightRows weights(weight_, some.begin);
      for (std::size_t begin = some.begin; begin < some.end; begin += simd::kColumnGrain) {
        const std::size_t rows = std::min(simd::kColumnGrain, some.end - begin);
        for (std::size_t i = 0; i < rows; ++i) {
          scales_.data()[begin + i] = weights.rounded(rounded.data() + i * depth);
        }
        transpose(rounded.data(), depth, rows, sizes_.in, stored + begin, stride());
      }
    });
  };
  std::visit(
      [&](auto& stored) {
        if constexpr (kIsStored<decltype(stored)>) pack(stored.data());
      },
      stored_);
}

Scratch Columns::scratch() const {
  return {.shared = 0, .per_thread = divide(nullptr).size};
}

void Columns::run(const Team& team, const float* x, float* y, float* per_thread) const {
  const Parts parts = divide(per_thread);
  std::uint32_t count = 0;
  simd::list_nonzeros({.from = x, .gate = nullptr, .stride = 0, .rows = 1, .depth = sizes_.in},
                      {.values = parts.values, .indices = parts.indices, .counts = &count});
  // Columns are read fastest whole: a thread's share is not divided.
  const Range outputs = team.share(sizes_.out, simd::kColumnGrain);
  std::visit(
      [&](const auto& stored) {
        if constexpr (kIsStored<decltype(stored)>) multiply(outputs, count, stored.data(), parts);
      },
      stored_);
  finish(outputs, parts.sums, y);
}

template <class Weight>
void Columns::multiply(Range outputs, std::size_t count, const Weight* stored,
                       const Parts& parts) const {
  simd::multiply(
      simd::StoredProduct<Weight>{.values = parts.values,
                                  .indices = parts.indices,
                                  .count = count,
                                  .rows = stored + outputs.begin,
                                  .stride = stride(),
                                  .columns = round_up(outputs.size(), simd::kColumnGrain),
                                  .c = parts.sums});
}

void Columns::finish(Range outputs, const float* sums, float* y) const {
  for (std::size_t i = outputs.begin; i < outputs.end; ++i) {
    float value = sums[i - outputs.begin];
    if (precision_ == Precision::int8) value *= scales_.data()[i];
    value += bias_[i];
    y[i] = relu_ ? std::max(value, 0.0F) : value;
  }
}

}  // namespace alexnet::cpu::linear
