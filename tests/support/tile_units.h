#pragma once

#include <ostream>
#include <string_view>
#include <vector>

#include "engine/cpu/base/processor.h"

/// Tests of tiles: by software on every processor, and by the processor where it has AMX.
namespace alexnet::cpu {

inline void PrintTo(TileUnit unit, std::ostream* out) {
  *out << (unit == TileUnit::amx ? "amx" : "software");
}

inline std::vector<TileUnit> tile_units() {
  std::vector<TileUnit> units{TileUnit::software};
  if (tile_unit() == TileUnit::amx) units.push_back(TileUnit::amx);
  return units;
}

/// For as long as it lives.
class UseTiles {
 public:
  explicit UseTiles(TileUnit unit) { emulate_tiles(unit == TileUnit::software); }
  ~UseTiles() { emulate_tiles(false); }
  UseTiles(const UseTiles&) = delete;
  UseTiles& operator=(const UseTiles&) = delete;
};

/// Likewise: kernels have no tiles, whatever the processor has.
class WithoutTiles {
 public:
  WithoutTiles() : level_(simd_level()) {
    if (level_ == SimdLevel::amx) limit_simd(SimdLevel::avx512);
  }
  ~WithoutTiles() { limit_simd(level_); }
  WithoutTiles(const WithoutTiles&) = delete;
  WithoutTiles& operator=(const WithoutTiles&) = delete;

 private:
  SimdLevel level_;
};

}  // namespace alexnet::cpu
