#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "golden/fixture.h"

namespace alexnet::golden {

/// A fixture by its name: the inputs that both sides compute.
class GoldenInputs : public testing::TestWithParam<std::string> {};

/// (engine, fixture): one pass forward and backward.
class Golden : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  const Engine& engine_ = engine(std::get<0>(GetParam()));
  const Fixture fixture_ = load_fixture(std::get<1>(GetParam()));
};

/// (engine, fixture): the steps of SGD.
class GoldenTraining : public Golden {};

/// "cpu_alexnet_1x64x64"
inline std::string case_name(const testing::TestParamInfo<Golden::ParamType>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

}  // namespace alexnet::golden
