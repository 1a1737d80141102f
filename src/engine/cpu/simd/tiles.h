#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/cpu/base/processor.h"
#include "engine/cpu/base/products.h"
#include "engine/cpu/simd/halves.h"

/// Products of tiles. A tile is 16 rows of 64 bytes. One of A has 16 rows of a matrix, each with
/// the 64 bytes of a step of the depth; one of B has that step of 16 columns; their product is 16 ×
/// 16 sums of 32 bits:
///
///     sums (row, column) = Σ_steps Σ_k A (row, step, k) · B (step, k, column)
///
/// bf16 is multiplied by bf16, 32 to a step, with float32 sums; bytes without a sign by bytes with
/// one, 64 to a step, with sums of 32 bits that are exact.
namespace alexnet::cpu::simd {

inline constexpr std::size_t kTileLines = 16;      ///< rows of A, or columns of B, of a tile
inline constexpr std::size_t kTileLineBytes = 64;  ///< of a row: a step of the depth
inline constexpr std::size_t kTileBytes = kTileLines * kTileLineBytes;
template <class Weight>
inline constexpr std::size_t kTileElements = kTileBytes / sizeof(Weight);

/// What a kind of weight, B, is multiplied with and summed up in.
template <class Weight>
struct TileKind;
template <>
struct TileKind<Bfloat16> {
  using Input = Bfloat16;
  using Sum = float;
  static constexpr Products kProducts = Products::bf16;
};
template <>
struct TileKind<std::int8_t> {
  using Input = std::uint8_t;
  using Sum = std::int32_t;
  static constexpr Products kProducts = Products::bytes;
};

/// Elements of a step.
template <class Weight>
inline constexpr std::size_t kTileDepth = kTileLineBytes / sizeof(Weight);

/// Where element k of a step and a column lies in a tile of B: (k / group, 16 columns, group), a
/// group being 4 bytes.
template <class Weight>
constexpr std::size_t tile_place(std::size_t k, std::size_t column) {
  constexpr std::size_t kGroup = 4 / sizeof(Weight);
  return (k / kGroup * kTileLines + column) * kGroup + k % kGroup;
}

template <class Weight>
struct TileProduct {
  using Input = typename TileKind<Weight>::Input;
  using Sum = typename TileKind<Weight>::Sum;

  const Input* a = nullptr;
  std::size_t a_stride = 0;                ///< elements from row to row
  const std::uint32_t* offsets = nullptr;  ///< where each step begins, in elements from its row
  std::size_t steps = 0;                   ///< at least one

  const Weight* b = nullptr;  ///< a panel: the tiles of 16 columns, step after step; aligned to
                              ///< 64 bytes
  std::size_t b_panel_stride = 0;  ///< elements from panel to panel

  std::size_t rows = 0;  ///< others of their last tile may be read, and their sums written
  std::size_t panels = 0;
  Sum* sums = nullptr;          ///< aligned to 64 bytes
  std::size_t sums_stride = 0;  ///< a multiple of 16
  bool accumulate = false;      ///< adds to what the sums are
};

/// A thread that multiplies tiles has one of these meanwhile: it takes AMX's into use.
class TilesInUse {
 public:
  TilesInUse();
  ~TilesInUse();
  TilesInUse(const TilesInUse&) = delete;
  TilesInUse& operator=(const TilesInUse&) = delete;

 private:
  TileUnit unit_;
};

/// What multiplies with these weights here: "tiles of bf16; float32 sums".
template <class Weight>
std::string tiles_in_words();

/// By the processor's tiles or vectors, or by plain code (processor.h: tile_unit).
void multiply(const TileProduct<Bfloat16>& product);
void multiply(const TileProduct<std::int8_t>& product);

}  // namespace alexnet::cpu::simd
