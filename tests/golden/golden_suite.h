#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "golden/fixture.h"
#include "support/case_name.h"

namespace alexnet::golden {

/// A fixture by its name: the inputs that both sides compute.
class GoldenInputs : public testing::TestWithParam<std::string> {};

/// (engine, fixture): one pass forward and backward.
class Golden : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  const std::string engine_ = std::get<0>(GetParam());
  const Fixture fixture_ = load_fixture(std::get<1>(GetParam()));
};

/// (engine, fixture): the steps of SGD.
class GoldenTraining : public Golden {};

}  // namespace alexnet::golden
