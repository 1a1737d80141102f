// A line of a tile of B is a vector: a group of 4 bytes of each of 16 columns. A block is R rows ×
// C panels of sums in registers; for each group of the depth it takes a line of every panel and
// R broadcast groups of A:
//
//              b  [ line 0 | line 1 ]
//     a row r     [ sums   | sums   ] += products of the groups of 4 bytes
//
// All rows go through a chunk of the depth before the next, so that it is read from the first-level
// cache.
#include "engine/cpu/simd/tile_vectors.h"

#ifdef __x86_64__

#include <hwy/highway.h>
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16")
namespace alexnet::cpu::simd {
namespace {

constexpr std::size_t kBlockRows = 8;
constexpr std::size_t kChunk = 8;  // steps: of two panels 16 KiB, half of a small first level
constexpr std::size_t kAhead = 8;  // steps that B is fetched ahead

/// What a vector of groups is multiplied with and summed up in.
template <class Weight>
struct Vectors;
template <>
struct Vectors<Bfloat16> {
  using Sums = __m512;
  static Sums zero() { return _mm512_setzero_ps(); }
  static Sums load(const float* from) { return _mm512_load_ps(from); }
  static void store(Sums sums, float* to) { _mm512_store_ps(to, sums); }
  static Sums add(Sums sums, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};
template <>
struct Vectors<std::int8_t> {
  // g++ 12 copies every __m512i that an instruction adds to.
  using Sums = std::int32_t __attribute__((vector_size(64)));
  static Sums zero() { return Sums{}; }
  static Sums load(const std::int32_t* from) {
    return reinterpret_cast<Sums>(_mm512_load_si512(from));
  }
  static void store(Sums sums, std::int32_t* to) {
    _mm512_store_si512(to, reinterpret_cast<__m512i>(sums));
  }
  static Sums add(Sums sums, __m512i a, __m512i b) {
    return reinterpret_cast<Sums>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums), a, b));
  }
};

HWY_INLINE __m512i broadcast(const void* group) {
  std::int32_t bytes = 0;
  std::memcpy(&bytes, group, sizeof bytes);
  return _mm512_set1_epi32(bytes);
}

struct Place {
  std::size_t row;
  std::size_t panel;
  std::size_t first_step;
  std::size_t end_step;
};

// These go without loops, whose index would keep the sums in memory: Clang does not unroll long
// ones.

template <std::size_t C, class Weight, class Sums, std::size_t... I>
HWY_INLINE void load_sums(const TileProduct<Weight>& p, const typename TileKind<Weight>::Sum* from,
                          Sums* sums, std::index_sequence<I...>) {
  ((sums[I] = Vectors<Weight>::load(from + I / C * p.sums_stride + I % C * kTileLines)), ...);
}

template <std::size_t C, class Weight, class Sums, std::size_t... I>
HWY_INLINE void store_sums(const TileProduct<Weight>& p, const Sums* sums,
                           typename TileKind<Weight>::Sum* to, std::index_sequence<I...>) {
  (Vectors<Weight>::store(sums[I], to + I / C * p.sums_stride + I % C * kTileLines), ...);
}

template <std::size_t C, class Weight, class Sums, std::size_t... I>
HWY_INLINE void add_products(const char* a, std::size_t stride, const __m512i* lines, Sums* sums,
                             std::index_sequence<I...>) {
  ((sums[I] = Vectors<Weight>::add(sums[I], broadcast(a + I / C * stride), lines[I % C])), ...);
}

template <std::size_t R, std::size_t C, class Weight>
HWY_NOINLINE void block(const TileProduct<Weight>& p, const Place& place) {
  using V = Vectors<Weight>;
  constexpr std::make_index_sequence<R * C> kAll;
  auto* const to = p.sums + place.row * p.sums_stride + place.panel * kTileLines;
  typename V::Sums sums[R * C];
  if (place.first_step > 0 || p.accumulate) {
    load_sums<C>(p, to, sums, kAll);
  } else {
    for (auto& sum : sums) sum = V::zero();
  }
  const std::size_t stride = p.a_stride * sizeof(*p.a);
  const auto* const a = p.a + place.row * p.a_stride;
  const Weight* b = p.b + place.panel * p.b_panel_stride + place.first_step * kTileElements<Weight>;
  for (std::size_t step = place.first_step; step < place.end_step; ++step) {
    const auto* const row = reinterpret_cast<const char*>(a + p.offsets[step]);
    for (std::size_t group = 0; group < kTileLines; ++group) {
      __m512i lines[C];
      for (std::size_t j = 0; j < C; ++j) {
        lines[j] = _mm512_load_si512(b + j * p.b_panel_stride);
        __builtin_prefetch(b + j * p.b_panel_stride + kAhead * kTileElements<Weight>, 0, 2);
      }
      add_products<C, Weight>(row + 4 * group, stride, lines, sums, kAll);
      b += kTileDepth<Weight>;
    }
  }
  store_sums<C>(p, sums, to, kAll);
}

template <std::size_t C, std::size_t R = kBlockRows, class Weight>
void block_of(std::size_t rows, const TileProduct<Weight>& p, const Place& place) {
  if constexpr (R > 0) {
    if (rows == R) return block<R, C>(p, place);
    block_of<C, R - 1>(rows, p, place);
  }
}

/// Rows are divided evenly among blocks of at most kBlockRows.
template <std::size_t C, class Weight>
void rows_of_blocks(const TileProduct<Weight>& p, Place place) {
  const std::size_t blocks = (p.rows + kBlockRows - 1) / kBlockRows;
  for (std::size_t i = 0; i < blocks; ++i) {
    place.row = p.rows * i / blocks;
    block_of<C>(p.rows * (i + 1) / blocks - place.row, p, place);
  }
}

template <class Weight>
void multiply_panels(const TileProduct<Weight>& p) {
  for (std::size_t panel = 0; panel < p.panels; panel += 2) {
    for (std::size_t step = 0; step < p.steps; step += kChunk) {
      const Place place{0, panel, step, std::min(p.steps, step + kChunk)};
      if (panel + 2 <= p.panels) {
        rows_of_blocks<2>(p, place);
      } else {
        rows_of_blocks<1>(p, place);
      }
    }
  }
}

}  // namespace

void multiply_by_vectors(const TileProduct<Bfloat16>& product) {
  multiply_panels(product);
}

void multiply_by_vectors(const TileProduct<std::int8_t>& product) {
  multiply_panels(product);
}

}  // namespace alexnet::cpu::simd
HWY_POP_ATTRIBUTES

#endif
