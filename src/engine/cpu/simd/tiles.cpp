// A block is 2 × 2 tiles of sums, made of two tiles of A and two of B; at an edge it has one of
// them.
//
//            B  4     5
//      A  6     0     1        for each step: 4 loads, 4 products
//         7     2     3
//
// The depth is cut into chunks. All blocks of rows go through a chunk of B before the next, with
// their sums put aside meanwhile, so that this part of B is read from the first-level cache.
#include "engine/cpu/simd/tiles.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/cpu/simd/tile_units.h"
#include "engine/cpu/simd/tile_vectors.h"

namespace alexnet::cpu::simd {
namespace {

constexpr std::size_t kChunk = 18;  // steps: two panels' are 36 KB

/// Calls call(integral_constant) for 0 … N − 1.
template <int N, class Call>
inline void for_each_of(const Call& call) {
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (call(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, N>());
}

/// Where a block begins, and its steps.
struct Place {
  std::size_t row_tile;
  std::size_t panel;
  std::size_t first_step;
  std::size_t end_step;
};

/// R × C tiles.
template <class Unit, int R, int C, class Weight>
void block(const TileProduct<Weight>& p, const Place& place) {
  constexpr int kB = 4;
  constexpr int kA = 6;
  const std::size_t a_bytes = p.a_stride * sizeof(*p.a);
  const std::size_t sums_bytes = p.sums_stride * sizeof(*p.sums);
  auto* const sums =
      p.sums + place.row_tile * kTileLines * p.sums_stride + place.panel * kTileLines;
  const auto sums_of = [&](int tile) {
    return sums + static_cast<std::size_t>(tile / C) * kTileLines * p.sums_stride +
           static_cast<std::size_t>(tile % C) * kTileLines;
  };
  for_each_of<R * C>([&](auto tile) {
    if (place.first_step == 0 && !p.accumulate) {
      Unit::template zero<tile>();
    } else {
      Unit::template load<tile>(sums_of(tile), sums_bytes);
    }
  });
  const auto* const a = p.a + place.row_tile * kTileLines * p.a_stride;
  const Weight* b = p.b + place.panel * p.b_panel_stride + place.first_step * kTileElements<Weight>;
  for (std::size_t step = place.first_step; step < place.end_step; ++step) {
    for_each_of<C>([&](auto column) {
      Unit::template load<kB + column>(b + column * p.b_panel_stride, kTileLineBytes);
    });
    for_each_of<R>([&](auto row) {
      Unit::template load<kA + row>(a + p.offsets[step] + row * kTileLines * p.a_stride, a_bytes);
      for_each_of<C>([&](auto column) {
        if constexpr (sizeof(Weight) == 1) {
          Unit::template dot_bytes<row * C + column, kA + row, kB + column>();
        } else {
          Unit::template dot_bfloats<row * C + column, kA + row, kB + column>();
        }
      });
    });
    b += kTileElements<Weight>;
  }
  for_each_of<R * C>([&](auto tile) { Unit::template store<tile>(sums_of(tile), sums_bytes); });
}

template <class Unit, int C, class Weight>
void rows_of_blocks(const TileProduct<Weight>& p, Place place) {
  const std::size_t tiles = (p.rows + kTileLines - 1) / kTileLines;
  for (; place.row_tile + 2 <= tiles; place.row_tile += 2) block<Unit, 2, C>(p, place);
  if (place.row_tile < tiles) block<Unit, 1, C>(p, place);
}

template <class Unit, class Weight>
void multiply_with(const TileProduct<Weight>& p) {
  for (std::size_t panel = 0; panel < p.panels; panel += 2) {
    for (std::size_t step = 0; step < p.steps; step += kChunk) {
      const Place place{0, panel, step, std::min(p.steps, step + kChunk)};
      if (panel + 2 <= p.panels) {
        rows_of_blocks<Unit, 2>(p, place);
      } else {
        rows_of_blocks<Unit, 1>(p, place);
      }
    }
  }
}

template <class Weight>
void multiply_here(const TileProduct<Weight>& p) {
  switch (tile_unit(TileKind<Weight>::kProducts)) {
    case TileUnit::software:
      return multiply_with<SoftwareTiles>(p);
#ifdef __x86_64__
    case TileUnit::amx:
      return multiply_with<HardwareTiles>(p);
    case TileUnit::vectors:
      return multiply_by_vectors(p);
#else
    case TileUnit::amx:
    case TileUnit::vectors:
#endif
    case TileUnit::none:
      throw std::logic_error("there is nothing that multiplies tiles");
  }
}

}  // namespace

TilesInUse::TilesInUse() : unit_(tile_unit(Products::bytes)) {
  if (unit_ == TileUnit::software) SoftwareTiles::configure();
#ifdef __x86_64__
  if (unit_ == TileUnit::amx) HardwareTiles::configure();
#endif
}

TilesInUse::~TilesInUse() {
  if (unit_ == TileUnit::software) SoftwareTiles::release();
#ifdef __x86_64__
  if (unit_ == TileUnit::amx) HardwareTiles::release();
#endif
}

template <class Weight>
std::string tiles_in_words() {
  const TileUnit unit = tile_unit(TileKind<Weight>::kProducts);
  const std::string by = unit == TileUnit::software  ? " in software"
                         : unit == TileUnit::vectors ? " in vectors"
                                                     : "";
  return sizeof(Weight) == 1 ? "tiles of bytes" + by : "tiles of bf16" + by + "; float32 sums";
}
template std::string tiles_in_words<Bfloat16>();
template std::string tiles_in_words<std::int8_t>();

void multiply(const TileProduct<Bfloat16>& product) {
  multiply_here(product);
}

void multiply(const TileProduct<std::int8_t>& product) {
  multiply_here(product);
}

}  // namespace alexnet::cpu::simd
