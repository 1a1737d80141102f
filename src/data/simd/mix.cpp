// Columns, of three channels: four taps of an output are 12 bytes of a row, which one load brings
// in. A shuffle pairs them channel by channel, widened to 16 bits:
//
//        r0 g0 b0 r1 g1 b1 r2 …   →   r0 r1 | g0 g1 | b0 b1 | 0 0    and    r2 r3 | g2 g3 | b2 b3 |
//        0 0
//
// so that one instruction multiplies a pair of taps and adds the two products. Weights have 23 bits
// and are multiplied as two halves, which is exact. A vector does this for as many outputs as it
// has blocks of 16 bytes.
#include "data/simd/mix.h"

#include <algorithm>

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/simd/mix.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace alexnet::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

template <std::size_t kChannels>
void mix_plainly(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  for (std::size_t i = 0; i < mix.outputs; ++i) {
    const std::uint8_t* const source = row + static_cast<std::size_t>(mix.firsts[i]) * kChannels;
    for (std::size_t c = 0; c < kChannels; ++c) {
      std::int32_t sum = kHalf;
      for (std::size_t t = 0; t < mix.taps; ++t) {
        sum += mix.weights[i * mix.taps + t] * source[t * kChannels + c];
      }
      *out++ = static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
    }
  }
}

void mix_grey(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  mix_plainly<1>(mix, row, out);
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

using Bytes = hn::ScalableTag<std::uint8_t>;
using Shorts = hn::ScalableTag<std::int16_t>;
using Ints = hn::ScalableTag<std::int32_t>;
constexpr std::size_t kBlocks = hn::MaxLanes(Bytes()) / 16;

template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const std::uint8_t* row, const std::int32_t* firsts) {
  if constexpr (hn::MaxLanes(d) == 16) {
    return hn::LoadU(d, row + 3 * static_cast<std::size_t>(*firsts));
  } else {
    const hn::Half<D> half;
    constexpr std::size_t kHalfBlocks = hn::MaxLanes(half) / 16;
    return hn::Combine(d, load_blocks(half, row, firsts + kHalfBlocks),
                       load_blocks(half, row, firsts));
  }
}

// Of signed 16-bit lanes: neighbours' products, added up.
HWY_INLINE hn::Vec<Ints> add_pairs(hn::Vec<Ints> sum, hn::Vec<Bytes> pixels,
                                   const std::int16_t* weights) {
  hn::Vec<Ints> unused = hn::Zero(Ints());
  return hn::ReorderWidenMulAccumulate(Ints(), hn::BitCast(Shorts(), pixels),
                                       hn::LoadU(Shorts(), weights), sum, unused);
}

// With a number of taps that is known here, or any: 0.
template <std::size_t kTaps>
void mix_rgb_of(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  constexpr std::uint8_t kNone = 0x80;
  alignas(16) static constexpr std::uint8_t kFirstPair[16] = {
      0, kNone, 3, kNone, 1, kNone, 4, kNone, 2, kNone, 5, kNone, kNone, kNone, kNone, kNone};
  alignas(16) static constexpr std::uint8_t kSecondPair[16] = {
      6, kNone, 9, kNone, 7, kNone, 10, kNone, 8, kNone, 11, kNone, kNone, kNone, kNone, kNone};
  alignas(16) static constexpr std::uint8_t kSqueeze[16] = {
      0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, kNone, kNone, kNone, kNone};
  const Bytes d8;
  const hn::Rebind<std::uint8_t, Ints> narrow;
  const auto first_pair = hn::LoadDup128(d8, kFirstPair);
  const auto second_pair = hn::LoadDup128(d8, kSecondPair);
  const auto squeeze = hn::LoadU(narrow, kSqueeze);
  const auto half = hn::Set(Ints(), kHalf);
  constexpr std::size_t kPart = kGroup * 8;
  const std::size_t outputs = mix.outputs;  // not read again after each store
  const std::size_t taps = kTaps > 0 ? kTaps : mix.taps;
  const std::int32_t* firsts = mix.firsts;
  const std::size_t group = taps / kGroup * kPackedGroup;
  const std::int16_t* packed = mix.packed;
  for (std::size_t i = 0; i < outputs; i += kBlocks, firsts += kBlocks, out += 3 * kBlocks) {
    const std::int16_t* weights = packed + i / kGroup * group + i % kGroup * 8;
    hn::Vec<Ints> upper = hn::Zero(Ints());
    hn::Vec<Ints> lower = half;
    for (std::size_t t = 0; t < taps; t += kGroup, weights += kPackedGroup) {
      const auto pixels = load_blocks(d8, row + 3 * t, firsts);
      const auto first = hn::TableLookupBytes(pixels, first_pair);
      const auto second = hn::TableLookupBytes(pixels, second_pair);
      upper = add_pairs(upper, first, weights);
      lower = add_pairs(lower, first, weights + kPart);
      upper = add_pairs(upper, second, weights + 2 * kPart);
      lower = add_pairs(lower, second, weights + 3 * kPart);
    }
    const auto sum = hn::Add(hn::ShiftLeft<kLowerBits>(upper), lower);
    const auto value =
        hn::Clamp(hn::ShiftRight<kFractionBits>(sum), hn::Zero(Ints()), hn::Set(Ints(), 255));
    const auto bytes = hn::U8FromU32(hn::BitCast(hn::RebindToUnsigned<Ints>(), value));
    hn::StoreU(hn::TableLookupBytes(bytes, squeeze), narrow, out);
  }
}

void mix_rgb(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  if (mix.taps == kGroup) return mix_rgb_of<kGroup>(mix, row, out);
  if (mix.taps == 2 * kGroup) return mix_rgb_of<2 * kGroup>(mix, row, out);
  mix_rgb_of<0>(mix, row, out);
}

#else

void mix_rgb(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  mix_plainly<3>(mix, row, out);
}

#endif

void mix_some_rows(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights,
                   std::size_t taps, std::size_t count, std::uint8_t* out) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> narrow;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto sum = hn::Set(d, kHalf);
    for (std::size_t t = 0; t < taps; ++t) {
      const auto pixels = hn::PromoteTo(d, hn::LoadU(narrow, rows + t * stride + i));
      sum = hn::Add(sum, hn::Mul(pixels, hn::Set(d, weights[t])));
    }
    hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRight<kFractionBits>(sum)), narrow, out + i);
  }
  for (; i < count; ++i) {
    std::int32_t sum = kHalf;
    for (std::size_t t = 0; t < taps; ++t) sum += weights[t] * rows[t * stride + i];
    out[i] = static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
  }
}

}  // namespace alexnet::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::simd {

HWY_EXPORT(mix_rgb);
HWY_EXPORT(mix_grey);
HWY_EXPORT(mix_some_rows);

void pack_columns(const ColumnMix& mix, std::int16_t* packed) {
  constexpr std::int32_t kLower = (1 << kLowerBits) - 1;
  for (std::size_t first = 0; first < mix.outputs; first += kGroup) {
    for (std::size_t t = 0; t < mix.taps; t += 2) {
      for (std::size_t output = first; output < first + kGroup; ++output, packed += 8) {
        for (std::size_t tap = 0; tap < 2; ++tap) {
          const std::int32_t weight = mix.weights[output * mix.taps + t + tap];
          for (std::size_t c = 0; c < 3; ++c) {
            packed[2 * c + tap] = static_cast<std::int16_t>(weight >> kLowerBits);
            packed[kGroup * 8 + 2 * c + tap] = static_cast<std::int16_t>(weight & kLower);
          }
        }
        packed[6] = packed[7] = packed[kGroup * 8 + 6] = packed[kGroup * 8 + 7] = 0;
      }
      packed += kGroup * 8;  // the lower halves
    }
  }
}

void mix_columns_rgb(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(mix_rgb)(mix, row, out);
}
void mix_columns_grey(const ColumnMix& mix, const std::uint8_t* row, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(mix_grey)(mix, row, out);
}
void mix_rows(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights,
              std::size_t taps, std::size_t count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(mix_some_rows)(rows, stride, weights, taps, count, out);
}

}  // namespace alexnet::simd
#endif
