#pragma once

#include <ostream>
#include <string_view>
#include <vector>

#include "engine/cpu/base/processor.h"

/// Tests of tiles: by software on every processor, and by what the processor has for them.
namespace alexnet::cpu {

inline void PrintTo(TileUnit unit, std::ostream* out) {
  *out << (unit == TileUnit::amx ? "amx" : unit == TileUnit::vectors ? "vectors" : "software");
}

inline std::vector<TileUnit> tile_units() {
  std::vector<TileUnit> units{TileUnit::software};
  if (isa() >= Isa::avx512_bf16) units.push_back(tile_unit());
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

/// Likewise: kernels do not use AMX.
class WithoutAmx {
 public:
  WithoutAmx() : level_(simd_level()) {
    if (level_ == SimdLevel::amx) limit_simd(SimdLevel::avx512);
  }
  ~WithoutAmx() { limit_simd(level_); }
  WithoutAmx(const WithoutAmx&) = delete;
  WithoutAmx& operator=(const WithoutAmx&) = delete;

 private:
  SimdLevel level_;
};

}  // namespace alexnet::cpu
