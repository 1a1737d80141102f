// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), a block in
// each 64-bit lane: its four words are in four vectors, in the lower halves of the lanes. The upper
// halves hold whatever the products left there; the multiplication does not look at them.
#include "engine/cpu/simd/dropout.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/dropout.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Wide = hn::ScalableTag<std::uint64_t>;
using Words = hn::Vec<Wide>;

constexpr std::size_t kBlocks = hn::MaxLanes(Wide());
constexpr std::size_t kNumbers = 4 * kBlocks;

/// Lower half times factor, 64 bits.
HWY_INLINE Words product(Words a, std::uint32_t factor) {
#if HWY_TARGET == HWY_SCALAR  // has no two halves in a lane
  return hn::Set(Wide(), (hn::GetLane(a) & 0xFFFFFFFFU) * factor);
#else
  const hn::Repartition<std::uint32_t, Wide> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::Set(halves, factor));
#endif
}

struct Block {
  Words w0;
  Words w1;
  Words w2;
  Words w3;

  HWY_INLINE void round(std::uint32_t key0, std::uint32_t key1) {
    const Words a = product(w0, 0xD2511F53U);
    const Words b = product(w2, 0xCD9E8D57U);
    w0 = hn::Xor3(hn::ShiftRight<32>(b), w1, hn::Set(Wide(), key0));
    w1 = b;
    w2 = hn::Xor3(hn::ShiftRight<32>(a), w3, hn::Set(Wide(), key1));
    w3 = a;
  }
};

/// Blocks index … index + kBlocks − 1.
HWY_INLINE Block draw(const RandomKey& key, std::uint64_t index) {
  const Wide d;
  Block block{hn::Iota(d, index), hn::Set(d, key.minor), hn::Set(d, key.major),
              hn::Set(d, static_cast<std::uint64_t>(key.purpose))};
  auto key0 = static_cast<std::uint32_t>(key.seed);
  auto key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int i = 0; i < 10; ++i) {
    block.round(key0, key1);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return block;
}

/// 1 where the lower half is larger than `limit`, else 0.
HWY_INLINE Words larger(Words word, Words limit) {
  const Words low = hn::And(word, hn::Set(Wide(), 0xFFFFFFFFU));
  return hn::ShiftRight<63>(hn::Sub(limit, low));
}

/// Four bytes a block: 1 where the word is larger than `limit`, else 0.
HWY_INLINE void compare(const Block& block, Words limit, std::uint32_t* four_kept) {
  const hn::Rebind<std::uint32_t, Wide> halves;
  const Words first = hn::Or(larger(block.w0, limit), hn::ShiftLeft<8>(larger(block.w1, limit)));
  const Words last = hn::Or(larger(block.w2, limit), hn::ShiftLeft<8>(larger(block.w3, limit)));
  const Words four = hn::Or(first, hn::ShiftLeft<16>(last));
  hn::Store(hn::TruncateTo(halves, four), halves, four_kept);
}

void draw_all(const RandomKey& key, float probability, std::size_t first, std::size_t count,
              std::uint8_t* kept) {
  // unit float = (word >> 8) / 2^24 >= probability, in integers: word > threshold · 2^8 − 1
  const auto threshold = static_cast<std::uint64_t>(std::ceil(probability * 0x1p24F));
  const Words limit = hn::Set(Wide(), (threshold << 8) - 1);
  const std::size_t end = first + count;
  for (std::size_t start = first / 4 * 4; start < end; start += kNumbers) {
    alignas(64) std::uint32_t some[kBlocks];
    compare(draw(key, start / 4), limit, some);
    if (start >= first && start + kNumbers <= end) {
      std::memcpy(kept + (start - first), some, kNumbers);
    } else {
      const std::size_t from = HWY_MAX(start, first);
      const std::size_t to = HWY_MIN(start + kNumbers, end);
      const auto* const bytes = reinterpret_cast<const std::uint8_t*>(some);
      std::copy(bytes + (from - start), bytes + (to - start), kept + (from - first));
    }
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(draw_all);

void draw_kept(const RandomKey& key, float probability, std::size_t first, std::size_t count,
               std::uint8_t* kept) {
  HWY_DYNAMIC_DISPATCH(draw_all)(key, probability, first, count, kept);
}

}  // namespace alexnet::cpu::simd
#endif
