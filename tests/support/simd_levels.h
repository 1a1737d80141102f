#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "engine/cpu/base/processor.h"

/// Tests on each SIMD level that the processor has.
namespace alexnet::cpu {

inline void PrintTo(SimdLevel level, std::ostream* out) {
  *out << to_string(level);
}

class EachSimdLevel : public testing::TestWithParam<SimdLevel> {
 protected:
  void SetUp() override { limit_simd(GetParam()); }
  void TearDown() override { limit_simd(std::nullopt); }
};

#define ALEXNET_ON_EACH_SIMD_LEVEL(Suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(Levels, Suite, testing::ValuesIn(::alexnet::cpu::simd_levels()), \
                           [](const auto& test) { return std::string(to_string(test.param)); })

}  // namespace alexnet::cpu
