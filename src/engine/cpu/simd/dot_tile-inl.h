// The register block of dot products: R · N vectors of sums, what they are added up from, and how
// they are added up in the end. Included by dot.cpp after Highway, once for each target.
#if defined(ALEXNET_SIMD_DOT_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ALEXNET_SIMD_DOT_TILE_INL_H
#undef ALEXNET_SIMD_DOT_TILE_INL_H
#else
#define ALEXNET_SIMD_DOT_TILE_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "engine/cpu/simd/dot.h"
#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::ScalableTag<std::int32_t>;
using Shorts = hn::ScalableTag<std::int16_t>;
using IntVec = hn::Vec<Ints>;
using ShortVec = hn::Vec<Shorts>;

// What differs between the kinds of weights: vectors of weights and of what they are multiplied
// with, and sums of their products.

struct FloatSum {
  Vec value;
  HWY_INLINE void clear() { value = hn::Zero(Floats()); }
  HWY_INLINE void add(Vec w, Vec x) { value = hn::MulAdd(w, x, value); }
  HWY_INLINE void save(float* to) const { hn::Store(value, Floats(), to); }
  HWY_INLINE void resume(const float* from) { value = hn::Load(Floats(), from); }
};

struct IntSum {
  IntVec value;
  IntVec other;  // used by instruction sets that multiply the halves of a vector one by one
  HWY_INLINE void clear() { value = other = hn::Zero(Ints()); }
  HWY_INLINE void add(ShortVec w, ShortVec x) {
#if HWY_TARGET == HWY_SCALAR
    value = hn::MulAdd(hn::PromoteTo(Ints(), w), hn::PromoteTo(Ints(), x), value);
#else
    value = hn::ReorderWidenMulAccumulate(Ints(), w, x, value, other);
#endif
  }
  HWY_INLINE void save(std::int32_t* to) const {
    hn::Store(hn::Add(value, other), Ints(), to);
  }
  HWY_INLINE void resume(const std::int32_t* from) {
    value = hn::Load(Ints(), from);
    other = hn::Zero(Ints());
  }
};

template <class Weight>
struct Kind {
  using Tag = Floats;
  using Sum = FloatSum;
  using Lane = float;
  static constexpr std::size_t kRows = kLanes >= 16 ? 6 : 3;
  static constexpr std::size_t kMaxDepth = std::size_t{1} << 40;
};
template <>
struct Kind<std::int8_t> {
  using Tag = Shorts;
  using Sum = IntSum;
  using Lane = std::int32_t;
  static constexpr std::size_t kRows = kLanes >= 16 ? 4 : 2;
  static constexpr std::size_t kMaxDepth = 4096;
};

template <class Weight>
using VecOf = hn::Vec<typename Kind<Weight>::Tag>;
template <class Weight>
using FactorOf = typename Factor<Weight>::Type;
template <class Weight>
using LaneOf = typename Kind<Weight>::Lane;
template <class Weight>
constexpr std::size_t kStep = hn::MaxLanes(typename Kind<Weight>::Tag());

HWY_INLINE Vec load(const float* w) {
  return hn::LoadU(Floats(), w);
}
HWY_INLINE Vec load(const Half* w) {
  return load_halves(w);
}
HWY_INLINE Vec load(const Bfloat16* w) {
  return load_halves(w);
}
HWY_INLINE ShortVec load(const std::int8_t* w) {
  return hn::PromoteTo(Shorts(), hn::Load(hn::Rebind<std::int8_t, Shorts>(), w));
}

/// Vectors of R rows.
template <class Weight, std::size_t R>
struct Column {
  VecOf<Weight> first;
  Column<Weight, R - 1> rest;

  HWY_INLINE void load_rows(const Weight* w, std::size_t stride) {
    first = load(w);
    rest.load_rows(w + stride, stride);
  }
  HWY_INLINE void load_rows(const float* w, std::size_t stride, std::size_t count) {
    first = load_up_to(w, count);
    rest.load_rows(w + stride, stride, count);
  }
};
template <class Weight>
struct Column<Weight, 0> {
  HWY_INLINE void load_rows(const Weight*, std::size_t) {}
  HWY_INLINE void load_rows(const Weight*, std::size_t, std::size_t) {}
};

/// Sums of R rows and one image.
template <class Weight, std::size_t R>
struct Sums {
  typename Kind<Weight>::Sum first;
  Sums<Weight, R - 1> rest;

  HWY_INLINE void clear() {
    first.clear();
    rest.clear();
  }
  HWY_INLINE void add(const Column<Weight, R>& w, VecOf<Weight> x) {
    first.add(w.first, x);
    rest.add(w.rest, x);
  }
  HWY_INLINE void save(LaneOf<Weight>* to) const {
    first.save(to);
    rest.save(to + kLanes);
  }
  HWY_INLINE void resume(const LaneOf<Weight>* from) {
    first.resume(from);
    rest.resume(from + kLanes);
  }
  template <std::size_t I>
  HWY_INLINE auto at() const {
    if constexpr (I == 0) {
      return first;
    } else {
      return rest.template at<I - 1>();
    }
  }
};
template <class Weight>
struct Sums<Weight, 0> {
  HWY_INLINE void clear() {}
  HWY_INLINE void save(LaneOf<Weight>*) const {}
  HWY_INLINE void resume(const LaneOf<Weight>*) {}
  HWY_INLINE void add(const Column<Weight, 0>&, VecOf<Weight>) {}
};

/// Sums of R rows and N images.
template <class Weight, std::size_t R, std::size_t N>
struct Tile {
  Sums<Weight, R> first;
  Tile<Weight, R, N - 1> rest;

  HWY_INLINE void clear() {
    first.clear();
    rest.clear();
  }
  HWY_INLINE void add(const Column<Weight, R>& w, const FactorOf<Weight>* x) {
    first.add(w, hn::Load(typename Kind<Weight>::Tag(), x));
    rest.add(w, x + kStep<Weight>);
  }
  HWY_INLINE void save(LaneOf<Weight>* to) const {
    first.save(to);
    rest.save(to + R * kLanes);
  }
  HWY_INLINE void resume(const LaneOf<Weight>* from) {
    first.resume(from);
    rest.resume(from + R * kLanes);
  }
  /// Row I of image J; zeros past the last image.
  template <std::size_t I, std::size_t J>
  HWY_INLINE auto at() const {
    if constexpr (J == 0) {
      return first.template at<I>();
    } else {
      return rest.template at<I, J - 1>();
    }
  }
};
template <class Weight, std::size_t R>
struct Tile<Weight, R, 0> {
  HWY_INLINE void clear() {}
  HWY_INLINE void save(LaneOf<Weight>*) const {}
  HWY_INLINE void resume(const LaneOf<Weight>*) {}
  HWY_INLINE void add(const Column<Weight, R>&, const FactorOf<Weight>*) {}
  template <std::size_t I, std::size_t J>
  HWY_INLINE auto at() const {
    typename Kind<Weight>::Sum none;
    none.clear();
    return none;
  }
};

HWY_INLINE Vec whole(FloatSum sum) {
  return sum.value;
}
HWY_INLINE IntVec whole(IntSum sum) {
  return hn::Add(sum.value, sum.other);
}

#if HWY_TARGET == HWY_SCALAR

template <class V>
HWY_INLINE void store_sum(V v, bool accumulate, float* sum) {
  const auto value = static_cast<float>(hn::GetLane(v));
  *sum = accumulate ? *sum + value : value;
}

template <class V>
HWY_INLINE void store_sums(V v0, V v1, V v2, V v3, bool accumulate, float* sums) {
  store_sum(v0, accumulate, sums);
  store_sum(v1, accumulate, sums + 1);
  store_sum(v2, accumulate, sums + 2);
  store_sum(v3, accumulate, sums + 3);
}

#else

using FourFloats = hn::FixedTag<float, 4>;
using FourInts = hn::FixedTag<std::int32_t, 4>;

/// The sum of all blocks of 128 bits.
template <class D, class V>
HWY_INLINE auto add_blocks([[maybe_unused]] D d, V v) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return add_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sums over the lanes of four vectors, side by side.
template <class V>
HWY_INLINE auto add_lanes(V v0, V v1, V v2, V v3) {
  const hn::DFromV<V> d;
  const hn::RepartitionToWide<hn::DFromV<V> > pairs;
  const V v01 = hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1));
  const V v23 = hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3));
  const auto p01 = hn::BitCast(pairs, v01);
  const auto p23 = hn::BitCast(pairs, v23);
  return add_blocks(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, p01, p23)),
                               hn::BitCast(d, hn::InterleaveUpper(pairs, p01, p23))));
}

HWY_INLINE hn::Vec<FourFloats> to_floats(hn::Vec<FourFloats> v) {
  return v;
}
HWY_INLINE hn::Vec<FourFloats> to_floats(hn::Vec<FourInts> v) {
  return hn::ConvertTo(FourFloats(), v);
}

template <class V>
HWY_INLINE void store_sums(V v0, V v1, V v2, V v3, bool accumulate, float* sums) {
  auto four = to_floats(add_lanes(v0, v1, v2, v3));
  if (accumulate) four = hn::Add(four, hn::Load(FourFloats(), sums));
  hn::Store(four, FourFloats(), sums);
}

#endif

/// Adds (or writes) four sums for each of the rows.
template <std::size_t I, class Weight, std::size_t R, std::size_t N>
HWY_INLINE void store(const Tile<Weight, R, N>& tile, bool accumulate, float* sums,
                      std::size_t stride) {
  if constexpr (I < R) {
    store_sums(whole(tile.template at<I, 0>()), whole(tile.template at<I, 1>()),
               whole(tile.template at<I, 2>()), whole(tile.template at<I, 3>()), accumulate, sums);
    store<I + 1>(tile, accumulate, sums + stride, stride);
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
