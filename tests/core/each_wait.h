#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "core/crew.h"
#include "core/threads.h"

namespace alexnet::parallel {

/// Tests of teams whose threads wait as by default, and of such as sleep at once.
class EachWait : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv(kVariable)) before_ = before;
    GetParam() == "passive" ? setenv(kVariable, "passive", 1) : unsetenv(kVariable);
    hire_another_team();
  }
  void TearDown() override {
    before_ ? setenv(kVariable, before_->c_str(), 1) : unsetenv(kVariable);
  }

 private:
  static constexpr const char* kVariable = "OMP_WAIT_POLICY";

  // The environment is read when a team is hired, which the next one is: no test's has this size.
  static void hire_another_team() {
    const ThreadTeam size(7);
    with_team([](const Team&) {});
  }

  std::optional<std::string> before_;
};

#define ALEXNET_WITH_EACH_WAIT(Suite)                                              \
  INSTANTIATE_TEST_SUITE_P(Waits, Suite, testing::Values("by_default", "passive"), \
                           [](const auto& test) { return test.param; })

}  // namespace alexnet::parallel
