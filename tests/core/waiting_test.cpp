#include "core/waiting.h"

#include <gtest/gtest.h>

#include <limits>

namespace alexnet::parallel {
namespace {

constexpr int kAlways = std::numeric_limits<int>::max();

TEST(Waiting, IsAsOpenMpsPolicySays) {
  for (const char* const passive : {"passive", "PASSIVE", "Passive", " passive\t"}) {
    EXPECT_EQ(rounds_awake(2, 2, passive), 0) << passive;
  }
  for (const char* const active : {"active", "ACTIVE", "aCTIVE", "  Active "}) {
    EXPECT_EQ(rounds_awake(2, 2, active), kAlways) << active;
  }
  for (const char* const other : {"", " ", "pass", "passive!", "act ive"}) {
    EXPECT_GT(rounds_awake(2, 2, other), 0) << other;
    EXPECT_LT(rounds_awake(2, 2, other), kAlways) << other;
  }
}

TEST(Waiting, IsAsleepWhereThreadsAreMoreThanProcessors) {
  for (const char* const policy : {"", "active", "passive"}) {
    EXPECT_EQ(rounds_awake(3, 2, policy), 0) << policy;
  }
  EXPECT_GT(rounds_awake(3, 3, ""), 0);
}

}  // namespace
}  // namespace alexnet::parallel
