// A block of R rows and N images has R · N vectors of sums in registers, vectors running along k:
//
//               x0 x1 x2 x3    one vector of each image, side by side in memory
//       w0      s  s  s  s
//       ...     s  s  s  s     6 x 4 sums of 32 registers on AVX-512, 3 x 4 of 16 on AVX2
//       w5      s  s  s  s
//
// Packed images: groups of four (the last of fewer), in each group a vector of the first image, of
// the second, ..., then the next k: a block reads them from the first byte to the last.
//
// k is cut into pieces, so that two blocks of rows and all images fit into the second-level cache
// (up to some eight images that is all of k); a larger cache holds several pieces. While a block of
// rows is multiplied with the images, the next is fetched from memory, a part of it with each group
// of images.
//
// Bytes: |w| <= 127 and |x| <= 4095, so a sum over 4096 products stays below 2^31.
#include "engine/cpu/simd/dot.h"

#include <algorithm>
#include <type_traits>

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/dot.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::ScalableTag<std::int32_t>;
using Shorts = hn::ScalableTag<std::int16_t>;
using IntVec = hn::Vec<Ints>;
using ShortVec = hn::Vec<Shorts>;

/// Of a first level of 32 KiB, for a block of rows. Decides the sums' bits, as kPieceBytes does.
constexpr std::size_t kRowsBytes = std::size_t{12} * 1024;
constexpr bool kRowsInFirstLevel = kLanes < 16;

// What differs between the kinds of weights: vectors of weights and of what they are multiplied
// with, and sums of their products.

struct FloatSum {
  Vec value;
  HWY_INLINE void clear() { value = hn::Zero(Floats()); }
  HWY_INLINE void add(Vec w, Vec x) { value = hn::MulAdd(w, x, value); }
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
};

template <class Weight>
struct Kind {
  using Tag = Floats;
  using Sum = FloatSum;
  static constexpr std::size_t kRows = kLanes >= 16 ? 6 : 3;
  static constexpr std::size_t kMaxDepth = std::size_t{1} << 40;
};
template <>
struct Kind<std::int8_t> {
  using Tag = Shorts;
  using Sum = IntSum;
  static constexpr std::size_t kRows = kLanes >= 16 ? 4 : 2;
  static constexpr std::size_t kMaxDepth = 4096;
};

template <class Weight>
using VecOf = hn::Vec<typename Kind<Weight>::Tag>;
template <class Weight>
using FactorOf = typename Factor<Weight>::Type;
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

/// Into the second-level cache: rows that lie a power of two apart would push each other out of the
/// first.
HWY_INLINE void fetch(const void* line) {
  __builtin_prefetch(line, 0, 2);
}

template <class Weight>
struct Block {
  const Weight* w;
  const FactorOf<Weight>* x;
  float* sums;
  std::size_t depth;
  bool accumulate;
  const Weight* next;  ///< to fetch meanwhile: for each step of k a line of each of these rows
  std::size_t next_rows;
};

template <class Weight, std::size_t R, std::size_t N>
HWY_NOINLINE void block(const DotProducts<Weight>& p, const Block<Weight>& b) {
  const Weight* w = b.w;
  const FactorOf<Weight>* x = b.x;
  const std::size_t stride = p.stride;
  const Weight* next = b.next;
  const std::size_t next_rows = b.next_rows;
  Tile<Weight, R, N> tile;
  Column<Weight, R> column;
  tile.clear();
  std::size_t k = 0;
  for (; k + kStep<Weight> <= b.depth; k += kStep<Weight>) {
    for (std::size_t row = 0; row < next_rows; ++row) fetch(next + row * stride);
    next += kStep<Weight>;
    column.load_rows(w, stride);
    tile.add(column, x);
    w += kStep<Weight>;
    x += N * kStep<Weight>;
  }
  if constexpr (std::is_same_v<Weight, float>) {
    if (k < b.depth) {
      column.load_rows(w, stride, b.depth - k);
      tile.add(column, x);
    }
  }
  store<0>(tile, b.accumulate, b.sums, sums_stride(p.images));
}

template <class Weight, std::size_t R, std::size_t N = kImagesTogether>
HWY_INLINE void block_of(std::size_t images, const DotProducts<Weight>& p, const Block<Weight>& b) {
  if constexpr (N > 0) {
    if (images == N) return block<Weight, R, N>(p, b);
    block_of<Weight, R, N - 1>(images, p, b);
  }
}

/// A piece of `depth` elements from `k` of R rows from `row`, with all images.
template <class Weight, std::size_t R>
void rows_piece(const DotProducts<Weight>& p, std::size_t row, std::size_t k, std::size_t depth) {
  const std::size_t groups = (p.images + kImagesTogether - 1) / kImagesTogether;
  const std::size_t share = (R + groups - 1) / groups;
  const Weight* const w = p.weights + row * p.stride + k;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t image = group * kImagesTogether;
    const std::size_t images = std::min(kImagesTogether, p.images - image);
    const std::size_t next = std::min(R, group * share);
    const Block<Weight> b{.w = w,
                          .x = p.packed + image * stored_depth(p.depth) + images * k,
                          .sums = p.sums + row * sums_stride(p.images) + image,
                          .depth = depth,
                          .accumulate = k > 0,
                          .next = w + (R + next) * p.stride,
                          .next_rows = std::min(R - next, share)};
    block_of<Weight, R>(images, p, b);
  }
}

/// All images with some pieces of R rows: `depth` elements from `k`.
template <class Weight, std::size_t R>
void rows_pieces(const DotProducts<Weight>& p, std::size_t row, std::size_t k, std::size_t depth,
                 std::size_t piece) {
  for (const std::size_t end = k + depth; k < end; k += piece) {
    rows_piece<Weight, R>(p, row, k, std::min(piece, end - k));
  }
}

/// How much of k is a piece: two blocks of rows and the images in the second-level cache. AVX2's
/// small blocks need a byte from the caches for every two products; with many images, the rows have
/// to come from the first level.
template <class Weight>
std::size_t piece_depth(const DotProducts<Weight>& p) {
  using K = Kind<Weight>;
  constexpr std::size_t kRowsPerK = K::kRows * sizeof(Weight);
  std::size_t most = kPieceBytes / (2 * kRowsPerK + p.images * sizeof(FactorOf<Weight>));
  if (kRowsInFirstLevel && p.images > 2 * kImagesTogether) {
    most = std::min(most, kRowsBytes / kRowsPerK);
  }
  most = std::clamp(most / kRowGrain * kRowGrain, kRowGrain, K::kMaxDepth);
  const std::size_t pieces = (p.depth + most - 1) / most;
  return stored_depth((p.depth + pieces - 1) / pieces);
}

template <class Weight>
void dot_rows(const DotProducts<Weight>& p) {
  constexpr std::size_t kRows = Kind<Weight>::kRows;
  constexpr bool kStored = !std::is_same_v<Weight, float>;
  const std::size_t end = kStored ? stored_depth(p.depth) : p.depth;
  const std::size_t piece = piece_depth(p);
  const std::size_t most = piece * p.pieces;
  for (std::size_t k = 0; k < end; k += most) {
    const std::size_t depth = std::min(most, end - k);
    std::size_t row = 0;
    for (; row + kRows <= p.rows; row += kRows) rows_pieces<Weight, kRows>(p, row, k, depth, piece);
    for (; row < p.rows; ++row) rows_pieces<Weight, 1>(p, row, k, depth, piece);
  }
}

// Packing.

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
  const Place place = place_of(image, images, depth, kStep<float>);
  float* to = packed + place.begin;
  for (std::size_t k = 0; k < stored_depth(depth); k += kStep<float>, to += place.step) {
    hn::Store(load_at(x, k, depth), Floats(), to);
  }
}

float pack_shorts(const float* x, std::size_t depth, std::size_t image, std::size_t images,
                  std::int16_t* packed) {
  constexpr float kMost = 4095.0F;
  constexpr std::size_t kVector = kStep<std::int8_t>;
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

void dot_floats(const DotProducts<float>& products) {
  dot_rows(products);
}
void dot_halves(const DotProducts<Half>& products) {
  dot_rows(products);
}
void dot_bfloats(const DotProducts<Bfloat16>& products) {
  dot_rows(products);
}
void dot_bytes(const DotProducts<std::int8_t>& products) {
  dot_rows(products);
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(dot_floats);
HWY_EXPORT(dot_halves);
HWY_EXPORT(dot_bfloats);
HWY_EXPORT(dot_bytes);
HWY_EXPORT(pack_floats);
HWY_EXPORT(pack_shorts);
HWY_EXPORT(round_to_bytes);

void dot(const DotProducts<float>& products) {
  HWY_DYNAMIC_DISPATCH(dot_floats)(products);
}
void dot(const DotProducts<Half>& products) {
  HWY_DYNAMIC_DISPATCH(dot_halves)(products);
}
void dot(const DotProducts<Bfloat16>& products) {
  HWY_DYNAMIC_DISPATCH(dot_bfloats)(products);
}
void dot(const DotProducts<std::int8_t>& products) {
  HWY_DYNAMIC_DISPATCH(dot_bytes)(products);
}

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
