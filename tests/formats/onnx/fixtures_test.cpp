#include <alexnet/onnx.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "core/file.h"
#include "formats/onnx/models.h"
#include "support/case_name.h"
#include "support/paths.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

const std::filesystem::path kFolder = tests_folder() / "formats/onnx/fixtures";

std::vector<float> log_probabilities(const OnnxNetwork& read, const Tensor& images) {
  const auto parameters = std::make_shared<const Parameters>(read.parameters.clone());
  const auto plan =
      compile(read.architecture, parameters, {{.engine = "reference", .max_batch = 2}});
  const auto values = plan->run(Images(images)).log_probabilities.values;
  return {values.begin(), values.end()};
}

// Torch's version and exporter, and a case of make_fixtures.py.
class OnnxFixture : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  const std::string stem_ = std::get<0>(GetParam()) + "-" + std::get<1>(GetParam());
  const std::string version_ = stem_.substr(0, stem_.find('-'));
};

bool is_quantised(const std::string& stem) {
  return stem.find("-quantised") != std::string::npos;
}

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
  EXPECT_EQ(read.is_quantised, is_quantised(stem_));
  EXPECT_LT(tolerances::relative_error(log_probabilities(read, images), expected),
            is_quantised(stem_) ? 0.02 : 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Torch, OnnxFixture,
    ::testing::Combine(
        ::testing::Values("1.13-script9", "1.13-script17", "2.15-script", "2.15-dynamo"),
        ::testing::Values("flatten", "view", "multiplied", "probabilities", "uniform_pool",
                          "global_pool", "no_bias", "local_norm", "batch_norm", "channels_last")),
    kCaseName);
INSTANTIATE_TEST_SUITE_P(Gathered, OnnxFixture,
                         ::testing::Combine(::testing::Values("2.15-dynamo"),
                                            ::testing::Values("gathered_pool", "masked_pool")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Unfolded, OnnxFixture,
                         ::testing::Combine(::testing::Values("1.13-unfolded"),
                                            ::testing::Values("local_norm")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(QuantisedNorm, OnnxFixture,
                         ::testing::Combine(::testing::Values("1.13-quantised_norm"),
                                            ::testing::Values("qdq", "qoperator")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Quantised, OnnxFixture,
                         ::testing::Combine(::testing::Values("2.15-quantised"),
                                            ::testing::Values("qdq", "qoperator", "dynamic")),
                         kCaseName);

}  // namespace
}  // namespace alexnet
