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
#include "paths.h"

namespace alexnet {
namespace {

using nlohmann::ordered_json;

const std::filesystem::path kFolder = tests_folder() / "formats/pytorch";

// A torch version, a case of make_pytorch_fixtures.py, and a format.
class PytorchFixture
    : public ::testing::TestWithParam<std::tuple<const char*, const char*, const char*>> {};

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

std::string fixture_name(const ::testing::TestParamInfo<PytorchFixture::ParamType>& instance) {
  const auto [version, name, format] = instance.param;
  std::string label = std::string(version) + "_" + name + "_" + format;
  std::erase(label, '.');
  return label;
}

INSTANTIATE_TEST_SUITE_P(
    Torch, PytorchFixture,
    ::testing::Combine(::testing::Values("1.13", "2.15"),
                       ::testing::Values("state_dict", "plain_dict_of_parameters", "data_parallel",
                                         "dtypes", "strided", "checkpoint", "under_model",
                                         "under_model_state_dict"),
                       ::testing::Values("zip", "legacy")),
    fixture_name);

}  // namespace
}  // namespace alexnet
