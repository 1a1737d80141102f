// A block of R pixels and V vectors of 16 outputs lives in registers. For each group of four bytes
// it takes V vectors of weights and R broadcast groups of the map:
//
//        w  k  [ w0 | w1 | w2 | w3 ]     6 pixels x 4 vectors of accumulators
//   x r  k     [ s0 | s1 | s2 | s3 ] += Σ of 4 products of bytes, exact in 32 bits
//
// AVX-512 VNNI does such a step in one instruction: 64 products, where a float vector has 16.
// Highway 1.0 has no operation for it. Without it the loops are plain, for tests.
#include "engine/cpu/simd/byte_windows.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/byte_windows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

ValueRange range_of(const float* values, std::size_t count) {
  const Floats d;
  Vec least = hn::Zero(d);
  Vec largest = hn::Zero(d);
  Vec poison = hn::Zero(d);  // 0 · NaN and 0 · infinity are NaN
  for (std::size_t i = 0; i < count; i += kLanes) {
    const Vec v = load_up_to(values + i, count - i);
    least = hn::Min(least, v);
    largest = hn::Max(largest, v);
    poison = hn::MulAdd(v, hn::Zero(d), poison);
  }
  const float not_finite = hn::GetLane(hn::SumOfLanes(d, poison));
  return {hn::GetLane(hn::MinOfLanes(d, least)) + not_finite,
          hn::GetLane(hn::MaxOfLanes(d, largest)) + not_finite};
}

using Bytes = hn::Rebind<std::uint8_t, Floats>;

HWY_INLINE hn::Vec<Bytes> rounded(Vec v, Vec factor,
                                  hn::Vec<hn::Rebind<std::int32_t, Floats>> zero) {
  return hn::DemoteTo(Bytes(), hn::Add(hn::NearestInt(hn::Mul(v, factor)), zero));
}

void round_to_unsigned(const float* values, std::size_t count, float factor, std::int32_t zero,
                       std::uint8_t* bytes) {
  const Floats d;
  const Vec factors = hn::Set(d, factor);
  const auto zeros = hn::Set(hn::Rebind<std::int32_t, Floats>(), zero);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(rounded(hn::LoadU(d, values + i), factors, zeros), Bytes(), bytes + i);
  }
  if (i < count) {
    alignas(64) std::uint8_t rest[kLanes];
    hn::Store(rounded(load_up_to(values + i, count - i), factors, zeros), Bytes(), rest);
    std::memcpy(bytes + i, rest, count - i);
  }
}

#if HWY_TARGET != HWY_AVX3

void multiply_windows(const ByteWindows& p) {
  const std::size_t stored = stored_outputs(p.outputs);
  for (std::size_t pixel = 0; pixel < p.pixels; ++pixel) {
    const std::uint8_t* const window = p.map + p.windows[pixel];
    for (std::size_t output = 0; output < p.outputs; ++output) {
      std::int32_t sum = -p.zero * p.sums[output];
      for (std::size_t i = 0; i < p.rows * p.run; ++i) {
        const std::size_t group = i / kByteGrain;
        sum += window[i / p.run * p.row_stride + i % p.run] *
               p.weights[(group * stored + output) * kByteGrain + i % kByteGrain];
      }
      const float value =
          static_cast<float>(sum) * (p.image_scale * p.scales[output]) + p.bias[output];
      p.y[pixel * p.y_stride + output] = p.relu && value < 0.0F ? 0.0F : value;
    }
  }
}

#endif

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::ScalableTag<std::int32_t>;
using IntVec = hn::Vec<Ints>;
constexpr std::size_t kMostPixels = 6;
constexpr std::size_t kVectorBytes = kLanes * kByteGrain;

/// sum + the products of four unsigned and four signed bytes in each lane.
HWY_INLINE IntVec add_products(IntVec sum, IntVec x, IntVec w) {
  return IntVec{_mm512_dpbusd_epi32(sum.raw, x.raw, w.raw)};
}

HWY_INLINE IntVec broadcast(const std::uint8_t* group) {
  std::int32_t four = 0;
  std::memcpy(&four, group, sizeof(four));
  return hn::Set(Ints(), four);
}

template <std::size_t... J>
HWY_INLINE void load_weights(const std::int8_t* w, IntVec* column, std::index_sequence<J...>) {
  ((column[J] = hn::Load(Ints(), reinterpret_cast<const std::int32_t*>(w + J * kVectorBytes))),
   ...);
}

template <std::size_t V, std::size_t... I>
HWY_INLINE void add_group(const std::uint8_t* const* x, std::size_t k, const IntVec* column,
                          IntVec* sums, std::index_sequence<I...>) {
  ((sums[I] = add_products(sums[I], broadcast(x[I / V] + k), column[I % V])), ...);
}

template <std::size_t V>
HWY_INLINE void finish(const ByteWindows& p, const IntVec* sums, float* y) {
  const Floats d;
  const Vec scale = hn::Set(d, p.image_scale);
  const IntVec zero = hn::Set(Ints(), p.zero);
  const Vec least = p.relu ? hn::Zero(d) : hn::Set(d, -std::numeric_limits<float>::infinity());
  for (std::size_t j = 0; j < V; ++j) {
    const std::size_t output = j * kLanes;
    const IntVec of_zero = hn::Mul(zero, hn::LoadU(Ints(), p.sums + output));
    const Vec sum = hn::ConvertTo(d, hn::Sub(sums[j], of_zero));
    const Vec factor = hn::Mul(scale, hn::LoadU(d, p.scales + output));
    const Vec value = hn::MulAdd(sum, factor, hn::LoadU(d, p.bias + output));
    store_up_to(at_least(least, value), y + output, p.outputs - output);
  }
}

/// Without a loop, whose index would keep the sums in memory: Clang does not unroll so long a one.
template <std::size_t V, std::size_t... I>
HWY_INLINE void finish_all(const ByteWindows& p, const IntVec* sums, float* y,
                           std::index_sequence<I...>) {
  (finish<V>(p, sums + I * V, y + I * p.y_stride), ...);
}

template <std::size_t R, std::size_t V>
HWY_NOINLINE void block(const ByteWindows& p, const std::uint32_t* windows, float* y) {
  constexpr std::make_index_sequence<R * V> kAll;
  const std::uint8_t* x[R];
  for (std::size_t i = 0; i < R; ++i) x[i] = p.map + windows[i];
  IntVec sums[R * V];
  for (IntVec& sum : sums) sum = hn::Zero(Ints());
  const std::int8_t* w = p.weights;
  for (std::size_t row = 0; row < p.rows; ++row) {
    for (std::size_t k = 0; k < p.run; k += kByteGrain) {
      IntVec column[V];
      load_weights(w, column, std::make_index_sequence<V>());
      add_group<V>(x, k, column, sums, kAll);
      w += V * kVectorBytes;
    }
    for (std::size_t i = 0; i < R; ++i) x[i] += p.row_stride;
  }
  finish_all<V>(p, sums, y, std::make_index_sequence<R>());
}

template <std::size_t V, std::size_t R = kMostPixels>
void block_of(std::size_t pixels, const ByteWindows& p, const std::uint32_t* windows, float* y) {
  if constexpr (R > 0) {
    if (pixels == R) return block<R, V>(p, windows, y);
    block_of<V, R - 1>(pixels, p, windows, y);
  }
}

/// Pixels are divided evenly among blocks of at most kMostPixels.
template <std::size_t V>
void multiply_vectors(const ByteWindows& p) {
  const std::size_t blocks = (p.pixels + kMostPixels - 1) / kMostPixels;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t begin = p.pixels * i / blocks;
    const std::size_t end = p.pixels * (i + 1) / blocks;
    block_of<V>(end - begin, p, p.windows + begin, p.y + begin * p.y_stride);
  }
}

void multiply_windows(const ByteWindows& p) {
  switch (stored_outputs(p.outputs) / kLanes) {
    case 1:
      return multiply_vectors<1>(p);
    case 2:
      return multiply_vectors<2>(p);
    case 3:
      return multiply_vectors<3>(p);
    default:
      return multiply_vectors<4>(p);
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_POP_ATTRIBUTES
#endif

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(range_of);
HWY_EXPORT(round_to_unsigned);
HWY_EXPORT(multiply_windows);

ValueRange value_range(const float* values, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(range_of)(values, count);
}

ValueRange united(const ValueRange& a, const ValueRange& b) {
  if (std::isnan(a.least)) return a;
  if (std::isnan(b.least)) return b;
  return {std::min(a.least, b.least), std::max(a.largest, b.largest)};
}

ByteRounding byte_rounding(const ValueRange& range) {
  constexpr float kMost = 255.0F;
  const float width = range.largest - range.least;
  if (!(width > 0.0F)) return {width, 0};  // all zeros, or NaN
  return {width / kMost, static_cast<std::int32_t>(std::lround(-range.least / width * kMost))};
}

void to_unsigned_bytes(const float* values, std::size_t count, float factor, std::int32_t zero,
                       std::uint8_t* bytes) {
  HWY_DYNAMIC_DISPATCH(round_to_unsigned)(values, count, factor, zero, bytes);
}

void multiply(const ByteWindows& windows) {
  HWY_DYNAMIC_DISPATCH(multiply_windows)(windows);
}

}  // namespace alexnet::cpu::simd
#endif
