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
// (up to some eight images that is all of k); a larger cache holds several pieces. A piece is cut
// into slices, so that a block of rows stays in the first-level cache while the images go over it.
// Sums run on from slice to slice as vectors, so that slices change no bit of them; at the end of a
// piece a vector's lanes are added up. While a block of rows is multiplied with the images, the
// next is fetched from memory, a part of it with each group of images.
//
// Bytes: |w| <= 127 and |x| <= 4095, so a sum over 4096 products stays below 2^31.
#include "engine/cpu/simd/dot.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/dot.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/dot_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

/// Groups of images that go over a slice of k before the next; their sums are put aside meanwhile.
constexpr std::size_t kMostGroups = 16;

/// Into the second-level cache: rows that lie a power of two apart would push each other out of the
/// first.
HWY_INLINE void fetch(const void* line) {
  __builtin_prefetch(line, 0, 2);
}

/// A slice of R rows, and N images.
template <class Weight>
struct Block {
  const Weight* w;
  const FactorOf<Weight>* x;
  LaneOf<Weight>* vectors;  ///< of sums, R · N, between slices
  float* sums;
  std::size_t depth;
  bool first;          ///< slice of the piece
  bool last;           ///< slice of the piece
  bool accumulate;     ///< to the pieces before
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
  if (b.first) {
    tile.clear();
  } else {
    tile.resume(b.vectors);
  }
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
  if (b.last) {
    store<0>(tile, b.accumulate, b.sums, sums_stride(p.images));
  } else {
    tile.save(b.vectors);
  }
}

template <class Weight, std::size_t R, std::size_t N = kImagesTogether>
HWY_INLINE void block_of(std::size_t images, const DotProducts<Weight>& p, const Block<Weight>& b) {
  if constexpr (N > 0) {
    if (images == N) return block<Weight, R, N>(p, b);
    block_of<Weight, R, N - 1>(images, p, b);
  }
}

/// How much of k is a slice: a block of rows takes at most `bytes`.
template <class Weight>
std::size_t slice_depth(std::size_t bytes) {
  constexpr std::size_t kRowsPerK = Kind<Weight>::kRows * sizeof(Weight);
  return std::max(kRowGrain, bytes / kRowsPerK / kRowGrain * kRowGrain);
}

/// Whether the rows that come next are fetched. Not for floats and few images: the processor sees
/// by itself that the rows are read one line after the other, and is faster (docs/engine.md).
template <class Weight>
bool fetches(const DotProducts<Weight>& p) {
  return !std::is_same_v<Weight, float> || p.images > 2;
}

/// Some images, from a multiple of four.
struct Images {
  std::size_t first;
  std::size_t count;
};

/// A piece of `depth` elements from `k` of R rows from `row`, with some images, slice by slice.
template <class Weight, std::size_t R>
void rows_piece(const DotProducts<Weight>& p, std::size_t row, std::size_t k, std::size_t depth,
                Images some) {
  constexpr std::size_t kVectors = kImagesTogether * R * kLanes;  // of a group
  const std::size_t groups = (some.count + kImagesTogether - 1) / kImagesTogether;
  const std::size_t share = fetches(p) ? (R + groups - 1) / groups : 0;
  const std::size_t slice = groups == 1 ? depth : slice_depth<Weight>(p.slice_bytes);
  alignas(64) std::array<LaneOf<Weight>, kMostGroups * kVectors> vectors;
  for (std::size_t begin = 0; begin < depth; begin += slice) {
    const Weight* const w = p.weights + row * p.stride + k + begin;
    for (std::size_t group = 0; group < groups; ++group) {
      const std::size_t image = some.first + group * kImagesTogether;
      const std::size_t images = std::min(kImagesTogether, p.images - image);
      const std::size_t next = std::min(R, group * share);
      const Block<Weight> b{.w = w,
                            .x = p.packed + image * stored_depth(p.depth) + images * (k + begin),
                            .vectors = vectors.data() + group * kVectors,
                            .sums = p.sums + row * sums_stride(p.images) + image,
                            .depth = std::min(slice, depth - begin),
                            .first = begin == 0,
                            .last = begin + slice >= depth,
                            .accumulate = k > 0,
                            .next = w + (R + next) * p.stride,
                            .next_rows = std::min(R - next, share)};
      block_of<Weight, R>(images, p, b);
    }
  }
}

/// All images with some pieces of R rows: `depth` elements from `k`.
template <class Weight, std::size_t R>
void rows_pieces(const DotProducts<Weight>& p, std::size_t row, std::size_t k, std::size_t depth,
                 std::size_t piece) {
  constexpr std::size_t kMostImages = kMostGroups * kImagesTogether;
  for (const std::size_t end = k + depth; k < end; k += piece) {
    for (std::size_t image = 0; image < p.images; image += kMostImages) {
      const std::size_t images = std::min(kMostImages, p.images - image);
      rows_piece<Weight, R>(p, row, k, std::min(piece, end - k), {image, images});
    }
  }
}

/// How much of k is a piece: two blocks of rows and the images in the second-level cache.
template <class Weight>
std::size_t piece_depth(const DotProducts<Weight>& p) {
  using K = Kind<Weight>;
  constexpr std::size_t kRowsPerK = K::kRows * sizeof(Weight);
  std::size_t most = kPieceBytes / (2 * kRowsPerK + p.images * sizeof(FactorOf<Weight>));
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

template <class Weight>
DotBlocks blocks(const DotProducts<Weight>& p) {
  const std::size_t stretch = std::min(p.depth, piece_depth(p) * p.pieces);
  const std::size_t slice =
      p.images <= kImagesTogether ? stretch : slice_depth<Weight>(p.slice_bytes);
  return {.rows = Kind<Weight>::kRows, .stretch = stretch, .slice = std::min(stretch, slice)};
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

DotBlocks blocks_of_floats(const DotProducts<float>& products) {
  return blocks(products);
}
DotBlocks blocks_of_halves(const DotProducts<Half>& products) {
  return blocks(products);
}
DotBlocks blocks_of_bfloats(const DotProducts<Bfloat16>& products) {
  return blocks(products);
}
DotBlocks blocks_of_bytes(const DotProducts<std::int8_t>& products) {
  return blocks(products);
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(dot_floats);
HWY_EXPORT(dot_halves);
HWY_EXPORT(dot_bfloats);
HWY_EXPORT(dot_bytes);
HWY_EXPORT(blocks_of_floats);
HWY_EXPORT(blocks_of_halves);
HWY_EXPORT(blocks_of_bfloats);
HWY_EXPORT(blocks_of_bytes);

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

DotBlocks dot_blocks(const DotProducts<float>& products) {
  return HWY_DYNAMIC_DISPATCH(blocks_of_floats)(products);
}
DotBlocks dot_blocks(const DotProducts<Half>& products) {
  return HWY_DYNAMIC_DISPATCH(blocks_of_halves)(products);
}
DotBlocks dot_blocks(const DotProducts<Bfloat16>& products) {
  return HWY_DYNAMIC_DISPATCH(blocks_of_bfloats)(products);
}
DotBlocks dot_blocks(const DotProducts<std::int8_t>& products) {
  return HWY_DYNAMIC_DISPATCH(blocks_of_bytes)(products);
}

}  // namespace alexnet::cpu::simd
#endif
