// Packed images: groups of four (the last of fewer), in each group a vector of the first image, of
// the second, ..., then the next k.
#include "engine/cpu/simd/packed_images.h"

#include <algorithm>

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/packed_images.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

/// NaN where a value is not finite.
float largest_magnitude(const float* values, std::size_t count) {
  const Floats d;
  Vec largest = hn::Zero(d);
  Vec poison = hn::Zero(d);  // 0 · NaN and 0 · infinity are NaN; a maximum would lose them
  for (std::size_t i = 0; i < count; i += kLanes) {
    const Vec v = load_up_to(values + i, count - i);
    largest = hn::Max(largest, hn::Abs(v));
    poison = hn::MulAdd(v, hn::Zero(d), poison);
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest)) + hn::GetLane(hn::SumOfLanes(d, poison));
}

/// A vector of floats from `values + i`, zeros past the `count`-th.
HWY_INLINE Vec load_at(const float* values, std::size_t i, std::size_t count) {
  return i >= count ? hn::Zero(Floats()) : load_up_to(values + i, count - i);
}

template <class Integer>
HWY_INLINE void store_rounded(Vec v, Integer* to) {
  const hn::Rebind<Integer, Floats> d;
  hn::StoreU(hn::DemoteTo(d, hn::NearestInt(v)), d, to);
}

/// Where an image's vectors begin among the packed ones, and how far they are apart.
struct Place {
  std::size_t begin;
  std::size_t step;
};

Place place_of(std::size_t image, std::size_t images, std::size_t depth, std::size_t vector) {
  const std::size_t first = image / kImagesTogether * kImagesTogether;
  const std::size_t together = std::min(kImagesTogether, images - first);
  return {first * stored_depth(depth) + (image - first) * vector, together * vector};
}

void pack_floats(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                 float* packed) {
  const Place place = place_of(image, images, depth, kLanes);
  float* to = packed + place.begin;
  for (std::size_t k = 0; k < stored_depth(depth); k += kLanes, to += place.step) {
    hn::Store(load_at(x, k, depth), Floats(), to);
  }
}

float pack_shorts(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                  std::int16_t* packed) {
  constexpr float kMost = 4095.0F;
  constexpr std::size_t kVector = hn::MaxLanes(hn::ScalableTag<std::int16_t>());
  const float largest = largest_magnitude(x, depth);
  const Vec factor = hn::Set(Floats(), largest > 0.0F ? kMost / largest : 0.0F);
  const Place place = place_of(image, images, depth, kVector);
  std::int16_t* to = packed + place.begin;
  for (std::size_t k = 0; k < stored_depth(depth); k += kVector, to += place.step) {
    for (std::size_t i = 0; i < kVector; i += kLanes) {
      store_rounded(hn::Mul(factor, load_at(x, k + i, depth)), to + i);
    }
  }
  return largest / kMost;
}

float round_to_bytes(const float* values, std::size_t depth, std::int8_t* bytes) {
  constexpr float kMost = 127.0F;
  const float largest = largest_magnitude(values, depth);
  const Vec factor = hn::Set(Floats(), largest > 0.0F ? kMost / largest : 0.0F);
  for (std::size_t k = 0; k < stored_depth(depth); k += kLanes) {
    store_rounded(hn::Mul(factor, load_at(values, k, depth)), bytes + k);
  }
  return largest / kMost;
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(pack_floats);
HWY_EXPORT(pack_shorts);
HWY_EXPORT(round_to_bytes);

void pack_image(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                float* packed) {
  HWY_DYNAMIC_DISPATCH(pack_floats)(x, depth, image, images, packed);
}
float pack_image(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                 std::int16_t* packed) {
  return HWY_DYNAMIC_DISPATCH(pack_shorts)(x, depth, image, images, packed);
}
float to_bytes(const float* values, std::size_t depth, std::int8_t* bytes) {
  return HWY_DYNAMIC_DISPATCH(round_to_bytes)(values, depth, bytes);
}

}  // namespace alexnet::cpu::simd
#endif
