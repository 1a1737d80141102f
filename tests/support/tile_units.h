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

/// Those that multiply these.
inline std::vector<TileUnit> tile_units(Products products) {
  std::vector<TileUnit> units{TileUnit::software};
  const Isa of_vectors = products == Products::bf16 ? Isa::avx512_bf16 : Isa::avx512_vnni;
  if (isa() >= of_vectors) units.push_back(TileUnit::vectors);
  if (isa() >= Isa::amx) units.push_back(TileUnit::amx);
  return units;
}

/// For as long as it lives.
class UseTiles {
 public:
  explicit UseTiles(TileUnit unit) : level_(simd_level()) {
    emulate_tiles(unit == TileUnit::software);
    if (unit == TileUnit::vectors) limit_simd(SimdLevel::avx512);
  }
  ~UseTiles() {
    emulate_tiles(false);
    limit_simd(level_);
  }
  UseTiles(const UseTiles&) = delete;
  UseTiles& operator=(const UseTiles&) = delete;

 private:
  SimdLevel level_;
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
