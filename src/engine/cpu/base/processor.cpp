#include "engine/cpu/base/processor.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#endif

#include "core/simd_targets.h"
//
#include <hwy/highway.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "core/threads.h"

namespace alexnet::cpu {
namespace {

constexpr const char* kCacheFolder = "/sys/devices/system/cpu/cpu0/cache";

#if HWY_ARCH_X86
constexpr std::int64_t kVectorTarget = HWY_AVX2;
#else
constexpr std::int64_t kVectorTarget = HWY_STATIC_TARGET;  // NEON, which every processor has
#endif

// What Highway calls the levels, lowest first.
constexpr std::array<std::int64_t, 4> kTargets{HWY_STATIC_TARGET, kVectorTarget, HWY_AVX3,
                                               HWY_AVX3};
// The level that allows an instruction set, for each of them.
constexpr std::array<SimdLevel, 6> kLevels{SimdLevel::none,   SimdLevel::vectors, SimdLevel::avx512,
                                           SimdLevel::avx512, SimdLevel::avx512,  SimdLevel::amx};

std::int64_t target_of(SimdLevel level) {
  return kTargets.at(static_cast<std::size_t>(level));
}

SimdLevel level_of(Isa isa) {
  return kLevels.at(static_cast<std::size_t>(isa));
}

bool has_vnni() {
#if HWY_ARCH_X86
  return __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

bool has_bf16() {
#if HWY_ARCH_X86
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

/// Linux gives the tiles, 8 KiB more to be saved for each thread, to processes that ask for them.
bool has_amx() {
#ifdef __x86_64__
  constexpr unsigned kTilesOfBfloatsAndBytes = 1U << 24U | 1U << 22U | 1U << 25U;
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx & kTilesOfBfloatsAndBytes) != kTilesOfBfloatsAndBytes) return false;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

Isa detect_isa() {
  const std::int64_t targets = (hwy::SupportedTargets() | HWY_STATIC_TARGET) & HWY_TARGETS;
  if ((targets & HWY_AVX3) != 0) {
    if (!has_vnni()) return Isa::avx512;
    if (!has_bf16()) return Isa::avx512_vnni;
    return has_amx() ? Isa::amx : Isa::avx512_bf16;
  }
  return (targets & kVectorTarget) != 0 ? Isa::vectors : Isa::none;
}

/// A cache as its folder describes it.
struct Cache {
  int level = 0;
  std::string type;       // "Data", "Instruction" or "Unified"
  std::size_t bytes = 0;  // 0: not known
  std::size_t users = 0;  // logical processors that share it; 0: not known
};

std::string read_word(const std::filesystem::path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

/// The number that `text` begins with; what follows it stays in `text`.
std::size_t take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc() ? number : 0;
}

/// Of "1024K".
std::size_t parse_bytes(std::string_view text) {
  const std::size_t number = take_number(text);
  if (text == "K") return number << 10;
  return text == "M" ? number << 20 : number;
}

/// How many processors "0-3,8" lists.
std::size_t count_listed(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t first = take_number(text);
    std::size_t last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      last = take_number(text);
    }
    if (last < first || !(text.empty() || text.starts_with(','))) return 0;
    count += last - first + 1;
    if (!text.empty()) text.remove_prefix(1);
  }
  return count;
}

std::vector<Cache> list_caches(const std::filesystem::path& folder) {
  std::vector<Cache> caches;
  for (int index = 0;; ++index) {
    const std::filesystem::path path = folder / fmt::format("index{}", index);
    std::string level = read_word(path / "level");
    if (level.empty()) return caches;
    std::string_view digits = level;
    caches.push_back({.level = static_cast<int>(take_number(digits)),
                      .type = read_word(path / "type"),
                      .bytes = parse_bytes(read_word(path / "size")),
                      .users = count_listed(read_word(path / "shared_cpu_list"))});
  }
}

Cache find_cache(const std::vector<Cache>& caches, int level) {
  const auto found = std::ranges::find_if(caches, [&](const Cache& cache) {
    return cache.level == level && cache.type != "Instruction";
  });
  return found == caches.end() ? Cache{} : *found;
}

/// The threads of a core share its first level.
std::size_t threads_of_a_core(const std::vector<Cache>& caches) {
  return std::max<std::size_t>(1, find_cache(caches, 1).users);
}

std::size_t share_of_a_core(const std::vector<Cache>& caches, int level, std::size_t unknown) {
  const Cache cache = find_cache(caches, level);
  if (cache.bytes == 0) return unknown;
  const std::size_t cores = std::max<std::size_t>(1, cache.users / threads_of_a_core(caches));
  return cache.bytes / cores;
}

/// What the C library says, which knows only one size of each level.
std::size_t cache_size(int name, std::size_t unknown) {
  const long size = sysconf(name);
  return size > 0 ? static_cast<std::size_t>(size) : unknown;
}

Processor detect() {
  const auto threads = static_cast<std::size_t>(available_threads());
  const std::size_t cores = threads / threads_of_a_core(list_caches(kCacheFolder));
  return {.isa = detect_isa(),
          .caches = read_caches(kCacheFolder),
          .cores = static_cast<int>(std::max<std::size_t>(1, cores))};
}

bool tiles_are_emulated = false;

std::optional<SimdLevel>& limit() {
  static std::optional<SimdLevel> level;
  return level;
}

}  // namespace

Caches read_caches(const std::filesystem::path& folder) {
  const std::vector<Cache> found = list_caches(folder);
  Caches caches;
  caches.l1d = share_of_a_core(found, 1, cache_size(_SC_LEVEL1_DCACHE_SIZE, caches.l1d));
  caches.l2 = share_of_a_core(found, 2, cache_size(_SC_LEVEL2_CACHE_SIZE, caches.l2));
  caches.l3 = share_of_a_core(found, 3, caches.l3);
  return caches;
}

const Processor& processor() {
  static const Processor found = detect();
  return found;
}

SimdLevel simd_level() {
  return limit().value_or(level_of(processor().isa));
}

Isa isa() {
  Isa most = processor().isa;
  while (level_of(most) > simd_level()) most = static_cast<Isa>(static_cast<int>(most) - 1);
  return most;
}

std::vector<SimdLevel> simd_levels() {
  std::vector<SimdLevel> levels;
  for (int level = static_cast<int>(level_of(processor().isa)); level >= 0; --level) {
    levels.push_back(static_cast<SimdLevel>(level));
  }
  return levels;
}

void limit_simd(std::optional<SimdLevel> level) {
  if (level && *level > level_of(processor().isa)) {
    std::vector<std::string_view> names;
    for (const SimdLevel present : simd_levels()) names.push_back(to_string(present));
    throw Error(fmt::format("this processor does not have the SIMD level {}; it has {}",
                            to_string(*level), fmt::join(names, ", ")),
                ErrorKind::unsupported);
  }
  limit() = level;
  hwy::SetSupportedTargetsForTest(level ? target_of(*level) : 0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

void limit_simd_from_environment() {
  const char* const name = std::getenv("ALEXNET_SIMD");
  if (name != nullptr && *name != '\0') limit_simd(parse<SimdLevel>(name));
}

TileUnit tile_unit(Products products) {
  if (tiles_are_emulated) return TileUnit::software;
  if (isa() >= Isa::amx) return TileUnit::amx;
  const Isa needed = products == Products::bf16 ? Isa::avx512_bf16 : Isa::avx512_vnni;
  return isa() >= needed ? TileUnit::vectors : TileUnit::none;
}

void emulate_tiles(bool emulate) {
  tiles_are_emulated = emulate;
}

std::string missing(Isa needed) {
  if (needed <= isa()) return {};
  if (needed == Isa::amx && tiles_are_emulated) return {};
  if (needed > processor().isa) {
    return fmt::format("needs {}, which this processor does not have", to_string(needed));
  }
  return fmt::format("needs {}; ALEXNET_SIMD limits kernels to {}", to_string(needed),
                     to_string(simd_level()));
}

}  // namespace alexnet::cpu
