// What the processor is found to be, from the descriptions of others too, and the limits on it.
#include "engine/cpu/base/processor.h"

#include <alexnet/error.h>
#include <hwy/highway.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "core/threads.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace alexnet::cpu {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kKiB = 1024;

class CacheFolder : public testing::Test {
 protected:
  /// Describes the next cache as Linux does.
  void add(int level, const std::string& type, const std::string& size,
           const std::string& processors) {
    const auto path = folder_.path() / ("index" + std::to_string(count_++));
    std::filesystem::create_directory(path);
    std::ofstream(path / "level") << level << "\n";
    std::ofstream(path / "type") << type << "\n";
    std::ofstream(path / "size") << size << "\n";
    std::ofstream(path / "shared_cpu_list") << processors << "\n";
  }
  Caches read() const { return read_caches(folder_.path()); }

 private:
  test::TempFolder folder_;
  int count_ = 0;
};

TEST_F(CacheFolder, OneThreadACore) {
  add(1, "Data", "32K", "0");
  add(1, "Instruction", "64K", "0");
  add(2, "Unified", "1024K", "0");
  add(3, "Unified", "32768K", "0-7");
  const Caches caches = read();
  EXPECT_EQ(caches.l1d, 32 * kKiB);
  EXPECT_EQ(caches.l2, 1024 * kKiB);
  EXPECT_EQ(caches.l3, 4096 * kKiB);
}

TEST_F(CacheFolder, TwoThreadsACore) {
  add(1, "Instruction", "32K", "0,64");
  add(1, "Data", "48K", "0,64");
  add(2, "Unified", "2M", "0,64");
  add(3, "Unified", "96M", "0-31,64-95");
  const Caches caches = read();
  EXPECT_EQ(caches.l1d, 48 * kKiB);
  EXPECT_EQ(caches.l2, 2048 * kKiB);
  EXPECT_EQ(caches.l3, 3 * 1024 * kKiB);
}

TEST_F(CacheFolder, SecondLevelOfFourCores) {
  add(1, "Data", "64K", "2");
  add(2, "Unified", "4M", "0-3");
  EXPECT_EQ(read().l2, 1024 * kKiB);
}

// Virtual machines and old systems may say nothing, or nonsense.
TEST_F(CacheFolder, WhatIsNotKnownHasASize) {
  const auto expect_sizes = [](const Caches& caches) {
    EXPECT_GE(caches.l1d, 8 * kKiB);
    EXPECT_GE(caches.l2, 64 * kKiB);
    EXPECT_EQ(caches.l3, Caches{}.l3);
  };
  expect_sizes(read());
  add(1, "Data", "0K", "");
  add(2, "Unified", "", "everyone");
  add(3, "Unified", "unknown", "7-3");
  expect_sizes(read());
  expect_sizes(read_caches("/no/such/folder"));
}

TEST_F(CacheFolder, SizesWithoutSharersAreACores) {
  add(1, "Data", "48K", "");
  add(2, "Unified", "512K", "0-");
  EXPECT_EQ(read().l1d, 48 * kKiB);
  EXPECT_EQ(read().l2, 512 * kKiB);
}

class SimdLimit : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("ALEXNET_SIMD");
    limit_simd(std::nullopt);
  }
  static void limit_by_environment(const char* name) {
    setenv("ALEXNET_SIMD", name, 1);
    limit_simd_from_environment();
  }
};

TEST(ProcessorFacts, AreOfThisMachine) {
  EXPECT_GE(processor().cores, 1);
  EXPECT_LE(processor().cores, available_threads());
  EXPECT_GE(processor().caches.l2, processor().caches.l1d);
#if HWY_ARCH_X86
  __builtin_cpu_init();
  EXPECT_EQ(processor().isa >= Isa::vectors,
            __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(processor().isa >= Isa::avx512, __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(processor().isa >= Isa::avx512_vnni, __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ(processor().isa >= Isa::avx512_bf16, __builtin_cpu_supports("avx512bf16") != 0);
#endif
}

// As Linux lists it. A sandbox may keep the tiles from us, though.
TEST(ProcessorFacts, AmxIsLinuxs) {
  std::ifstream file("/proc/cpuinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  bool has_all = true;
  for (const char* flag : {"amx_tile", "amx_bf16", "amx_int8"}) {
    has_all = has_all && text.find(flag) != std::string::npos;
  }
  if (!has_all) {
    EXPECT_LT(processor().isa, Isa::amx);
  }
  EXPECT_EQ(tile_unit(Products::bf16) == TileUnit::amx, processor().isa >= Isa::amx);
}

TEST(ProcessorFacts, TilesCanBeEmulated) {
  const TileUnit before = tile_unit(Products::bf16);
  emulate_tiles(true);
  EXPECT_EQ(tile_unit(Products::bf16), TileUnit::software);
  EXPECT_EQ(tile_unit(Products::bytes), TileUnit::software);
  EXPECT_THAT(missing(Isa::amx), IsEmpty());
  EXPECT_EQ(isa(), processor().isa);
  emulate_tiles(false);
  EXPECT_EQ(tile_unit(Products::bf16), before);
  if (isa() < Isa::amx) {
    EXPECT_THAT(missing(Isa::amx), HasSubstr("needs AMX, which"));
  }
}

TEST_F(SimdLimit, NoneLeavesPlainCode) {
  limit_by_environment("none");
  EXPECT_EQ(simd_level(), SimdLevel::none);
  EXPECT_EQ(isa(), Isa::none);
  EXPECT_THAT(missing(Isa::none), IsEmpty());
  const char* const why = processor().isa >= Isa::vectors ? "ALEXNET_SIMD limits kernels to none"
                                                          : "which this processor does not have";
  EXPECT_THAT(missing(Isa::vectors),
              AllOf(StartsWith("needs "), HasSubstr(kVectors), EndsWith(why)));
}

TEST_F(SimdLimit, EachLevelIsWhatKernelsAreDispatchedTo) {
  constexpr auto kVectorTarget = HWY_ARCH_X86 ? HWY_AVX2 : HWY_STATIC_TARGET;
  constexpr std::array<std::int64_t, 4> kTargets{HWY_STATIC_TARGET, kVectorTarget, HWY_AVX3,
                                                 HWY_AVX3};
  for (const SimdLevel level : simd_levels()) {
    limit_by_environment(std::string(to_string(level)).c_str());
    EXPECT_EQ(simd_level(), level);
    EXPECT_EQ(hwy::SupportedTargets(), kTargets.at(static_cast<std::size_t>(level)));
  }
}

// Where there is AVX-512 VNNI, a limit to avx512 must not take it away.
TEST_F(SimdLimit, ALevelAllowsItsFamily) {
  const Isa most = isa();
  limit_simd(simd_levels().front());
  EXPECT_EQ(isa(), most);
  if (most < Isa::avx512) GTEST_SKIP() << missing(Isa::avx512);
  limit_simd(SimdLevel::vectors);
  EXPECT_EQ(isa(), Isa::vectors);
  EXPECT_THAT(missing(Isa::vectors), IsEmpty());
  EXPECT_THAT(missing(Isa::avx512), HasSubstr("needs AVX-512; "));
}

TEST_F(SimdLimit, Avx512HoldsTilesBack) {
  if (isa() < Isa::amx) GTEST_SKIP() << missing(Isa::amx);
  limit_simd(SimdLevel::avx512);
  EXPECT_EQ(isa(), Isa::avx512_bf16);
  EXPECT_EQ(tile_unit(Products::bf16), TileUnit::vectors);
}

TEST_F(SimdLimit, IsLifted) {
  const Isa most = isa();
  limit_simd(SimdLevel::none);
  limit_simd(std::nullopt);
  EXPECT_EQ(isa(), most);
  limit_by_environment("");
  EXPECT_EQ(isa(), most);
}

TEST_F(SimdLimit, UnknownNamesAreRefused) {
  EXPECT_ERROR(limit_by_environment("avx1024"), "avx1024", "none", std::string(kVectorLevel),
               "avx512, amx");
  EXPECT_EQ(isa(), processor().isa);
}

TEST_F(SimdLimit, LevelsThatTheProcessorLacksAreRefused) {
  if (simd_levels().front() == SimdLevel::amx) GTEST_SKIP() << "it has every level";
  EXPECT_ERROR(limit_simd(SimdLevel::amx), "does not have the SIMD level amx");
}

}  // namespace
}  // namespace alexnet::cpu
