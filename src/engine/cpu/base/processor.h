#pragma once

#include <alexnet/enum_names.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cpu/base/products.h"

namespace alexnet {
namespace cpu {

/// Instruction sets that an implementation can need; each includes those before it. `vectors` is
/// AVX2 or, on ARM, NEON.
enum class Isa { none, vectors, avx512, avx512_vnni, avx512_bf16, amx };

/// What ALEXNET_SIMD can limit the kernels to. A level allows every instruction set of its family:
/// avx512 allows AVX-512 VNNI and BF16.
enum class SimdLevel { none, vectors, avx512, amx };

#ifdef __aarch64__
inline constexpr std::string_view kVectors = "NEON";
inline constexpr std::string_view kVectorLevel = "neon";
#else
inline constexpr std::string_view kVectors = "AVX2";
inline constexpr std::string_view kVectorLevel = "avx2";
#endif

}  // namespace cpu

template <>
struct EnumNames<cpu::Isa> {
  static constexpr std::string_view kNoun = "instruction set";
  static constexpr std::array<std::string_view, 6> kNames{"none",         cpu::kVectors,  "AVX-512",
                                                          "AVX-512 VNNI", "AVX-512 BF16", "AMX"};
};
template <>
struct EnumNames<cpu::SimdLevel> {
  static constexpr std::string_view kNoun = "SIMD level";
  static constexpr std::array<std::string_view, 4> kNames{"none", cpu::kVectorLevel, "avx512",
                                                          "amx"};
};

namespace cpu {

/// Bytes of cache that a core has: its private one, or its share of a cache that several cores use.
/// Where nothing is known of a level, these defaults stand; of the third none is assumed.
struct Caches {
  std::size_t l1d = std::size_t{32} << 10;
  std::size_t l2 = std::size_t{1} << 20;
  std::size_t l3 = 0;
};

/// Facts about the processor. Implementations and block sizes are chosen by them.
struct Processor {
  Isa isa = Isa::none;
  Caches caches;
  int cores = 1;  ///< that this process may use, however many threads each runs at once
};

/// The processor that this runs on. Found out at the first call.
const Processor& processor();

/// The instruction sets that kernels may use: the processor's, up to the limit.
Isa isa();
SimdLevel simd_level();
/// The levels that the processor has, highest first.
std::vector<SimdLevel> simd_levels();
/// Limits the kernels to a level; nullopt lifts the limit. A plan must be run under the limit that
/// it was compiled under. Throws Error when the processor does not have the level.
void limit_simd(std::optional<SimdLevel> level);
/// Limits the kernels to what the environment variable ALEXNET_SIMD names, if it is set. Throws
/// Error when it names no level, or one that the processor does not have.
void limit_simd_from_environment();

/// What multiplies tiles, if kernels may use it: the processor's AMX, or vectors, of AVX-512 BF16
/// for bf16 and of AVX-512 VNNI for bytes.
enum class TileUnit { none, vectors, amx, software };
TileUnit tile_unit(Products products);
/// For tests, on every processor: as if kernels had AMX, carried out by plain code.
void emulate_tiles(bool emulate);

/// Why an implementation that needs an instruction set cannot be used; empty if it can.
std::string missing(Isa needed);

/// The caches as Linux describes them: `folder` is a processor's,
/// /sys/devices/system/cpu/cpu0/cache.
Caches read_caches(const std::filesystem::path& folder);

}  // namespace cpu
}  // namespace alexnet
