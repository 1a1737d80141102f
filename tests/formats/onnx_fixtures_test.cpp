#include <alexnet/onnx.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "core/file.h"
#include "formats/onnx_models.h"
#include "paths.h"
#include "tolerances.h"

namespace alexnet {
namespace {

const std::filesystem::path kFolder = tests_folder() / "formats/onnx";

std::vector<float> log_probabilities(const OnnxNetwork& read, const Tensor& images) {
  const auto parameters = std::make_shared<const Parameters>(read.parameters.clone());
  const auto plan = engine("reference").compile(read.architecture, parameters, {.max_batch = 2});
  const auto values = plan->run(Images(images)).log_probabilities.values;
  return {values.begin(), values.end()};
}

// Torch's version and exporter, and a case of make_onnx_fixtures.py.
class OnnxFixture : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  const std::string stem_ = std::string(std::get<0>(GetParam())) + "-" + std::get<1>(GetParam());
  const std::string version_ = stem_.substr(0, stem_.find('-'));
};

TEST_P(OnnxFixture, ComputesWhatPytorchDoes) {
  const auto all = nlohmann::json::parse(read_text_file(kFolder / (version_ + ".json")));
  const auto& answer = all.at(stem_);
  const OnnxNetwork read = read_onnx(kFolder / (stem_ + ".onnx"));
  const int size = answer.at("size");
  EXPECT_EQ(read.architecture.height, size);
  std::vector<double> expected;
  for (const auto& row : answer.at("log_probabilities")) {
    expected.insert(expected.end(), row.begin(), row.end());
  }
  const Tensor images = test::pixels({2, 3, size, size});
  EXPECT_LT(tolerances::relative_error(log_probabilities(read, images), expected), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Torch, OnnxFixture,
                         ::testing::Combine(::testing::Values("1.13-script9", "1.13-script17",
                                                              "2.15-script", "2.15-dynamo"),
                                            ::testing::Values("flatten", "view", "multiplied",
                                                              "probabilities", "uniform_pool",
                                                              "global_pool", "no_bias")),
                         [](const auto& instance) {
                           std::string label = std::string(std::get<0>(instance.param)) + "_" +
                                               std::get<1>(instance.param);
                           for (char& c : label) c = c == '.' || c == '-' ? '_' : c;
                           return label;
                         });

}  // namespace
}  // namespace alexnet
