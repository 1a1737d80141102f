#include "engine/cpu/simd/target.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/cpu/simd/targets_config.h"
//
#include <hwy/highway.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace alexnet::cpu::simd {
namespace {

struct Target {
  const char* name;
  std::int64_t bit;
};

constexpr std::array<Target, 3> kTargets{
    {{"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"none", HWY_STATIC_TARGET}}};

std::int64_t detected() {
  static const std::int64_t bits = (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET;
  return bits;
}

void hold_to(std::int64_t bits) {
  hwy::SetSupportedTargetsForTest(bits);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::string target() {
  const std::int64_t supported = hwy::SupportedTargets();
  for (const Target& target : kTargets) {
    if ((detected() & supported & target.bit) != 0) return target.name;
  }
  return kTargets.back().name;
}

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const Target& target : kTargets) {
    if ((detected() & target.bit) != 0) names.emplace_back(target.name);
  }
  return names;
}

void set_target(const std::string& name) {
  detected();
  if (name.empty()) return hold_to(0);
  for (const Target& target : kTargets) {
    if (name == target.name && (detected() & target.bit) != 0) return hold_to(target.bit);
  }
  throw Error(fmt::format("this processor has no SIMD target \"{}\"; it has {}", name,
                          fmt::join(targets(), ", ")));
}

void set_target_from_environment() {
  if (const char* const name = std::getenv("ALEXNET_SIMD"); name != nullptr) set_target(name);
}

}  // namespace alexnet::cpu::simd
