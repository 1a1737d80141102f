#include <alexnet/pytorch.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "core/file.h"
#include "support/case_name.h"
#include "support/paths.h"

namespace alexnet {
namespace {

using nlohmann::ordered_json;

const std::filesystem::path kFolder = tests_folder() / "formats/pytorch/fixtures";

// A torch version, a case of make_fixtures.py, and a format.
class PytorchFixture
    : public ::testing::TestWithParam<std::tuple<std::string, std::string, std::string>> {};

void expect_same_value(float value, std::int32_t bits) {
  const auto expected = std::bit_cast<float>(bits);
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(value));
  } else {
    EXPECT_EQ(std::bit_cast<std::int32_t>(value), bits) << value << " for " << expected;
  }
}

TEST_P(PytorchFixture, HoldsWhatPytorchSaved) {
  const auto [version, name, format] = GetParam();
  const std::string stem = std::string(version) + "-" + name;
  const auto all = ordered_json::parse(read_text_file(kFolder / (std::string(version) + ".json")));
  const ordered_json& expected = all.at(stem);
  const Parameters read = read_pytorch(kFolder / (stem + "." + format + ".pth"));
  ASSERT_EQ(read.size(), expected.size());
  auto tensor = read.begin();
  for (const auto& [tensor_name, answer] : expected.items()) {
    SCOPED_TRACE(tensor_name);
    EXPECT_EQ(tensor->name, tensor_name);
    ASSERT_EQ(tensor->tensor.shape(), answer.at("shape").get<Shape>());
    const auto bits = answer.at("bits").get<std::vector<std::int32_t>>();
    ASSERT_EQ(static_cast<std::size_t>(tensor->tensor.size()), bits.size());
    for (std::size_t i = 0; i < bits.size(); ++i) {
      expect_same_value(tensor->tensor.values()[i], bits[i]);
    }
    ++tensor;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Torch, PytorchFixture,
    ::testing::Combine(::testing::Values("1.13", "2.15"),
                       ::testing::Values("state_dict", "plain_dict_of_parameters", "data_parallel",
                                         "dtypes", "strided", "checkpoint", "under_model",
                                         "under_model_state_dict", "objects", "protocol3",
                                         "protocol4", "protocol5"),
                       ::testing::Values("zip", "legacy")),
    kCaseName);
INSTANTIATE_TEST_SUITE_P(Script, PytorchFixture,
                         ::testing::Combine(::testing::Values("1.13", "2.15"),
                                            ::testing::Values("torchscript", "whole_module"),
                                            ::testing::Values("zip")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Unchecked, PytorchFixture,
                         ::testing::Combine(::testing::Values("2.15"),
                                            ::testing::Values("no_checksums"),
                                            ::testing::Values("zip")),
                         kCaseName);

}  // namespace
}  // namespace alexnet
