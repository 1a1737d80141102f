#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/onnx/models.h"
#include "support/case_name.h"
#include "support/python_client.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

struct InteropCase {
  const char* name;
  Architecture net;
  OnnxWriteOptions options;
};

void PrintTo(const InteropCase& test, std::ostream* out) {
  *out << test.name;
}

class OnnxRuntime : public ::testing::TestWithParam<InteropCase> {
 protected:
  void write_images(const Tensor& images) const {
    std::string bytes(static_cast<std::size_t>(images.size()) * sizeof(float), '\0');
    std::memcpy(bytes.data(), images.data(), bytes.size());
    write_text_file(folder_ / "images", bytes);
  }
  std::vector<float> answer() const {
    const std::string bytes = read_text_file(folder_ / "answer");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
  }

  test::TempFolder folder_;
};

// What our engine makes of the same pixels.
std::vector<float> expected(const Model& model, Tensor images, const OnnxWriteOptions& options) {
  if (options.bake_normalization) {
    const std::int64_t plane = images.shape()[2] * images.shape()[3];
    for (std::int64_t i = 0; i < images.size(); ++i) {
      const auto c = static_cast<std::size_t>(i / plane % images.shape()[1]);
      images[i] =
          (images[i] / 255.0F - model.normalization.mean[c]) / model.normalization.deviation[c];
    }
  }
  const auto parameters = std::make_shared<const Parameters>(model.parameters.clone());
  const auto plan =
      compile(model.architecture, parameters,
              {{.engine = "reference", .max_batch = static_cast<int>(images.shape()[0])}});
  const Outputs outputs = plan->run(Images(images));
  const auto values = options.output == OnnxOutput::logits ? outputs.logits.values
                                                           : outputs.log_probabilities.values;
  return {values.begin(), values.end()};
}

TEST_P(OnnxRuntime, ComputesOurScores) {
  const auto& [name, net, options] = GetParam();
  const Model model = test::model_of(net);
  write_onnx(folder_ / "model.onnx", model, options);
  for (const int batch : {1, 7}) {
    Tensor images = test::pixels(net, batch);
    if (options.bake_normalization) {
      for (float& value : images.values()) value *= 255.0F;
    }
    write_images(images);
    const int status =
        test::run_python("formats/onnx/check_with_onnxruntime.py",
                         (folder_ / "model.onnx").string() + " " + (folder_ / "images").string() +
                             " " + std::to_string(batch) + " " + (folder_ / "answer").string());
    if (status == test::kNoPackage) GTEST_SKIP() << "no python3 here has ONNX Runtime";
    ASSERT_EQ(status, 0);
    const auto ours = expected(model, std::move(images), options);
    const auto theirs = answer();
    ASSERT_EQ(theirs.size(), ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(theirs[i], ours[i], 1e-5) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, OnnxRuntime,
    ::testing::Values(
        InteropCase{"every_layer", test::small_network(6, 6), {}},
        InteropCase{"opset_13", test::small_network(6, 3), {.opset = 13}},
        InteropCase{"baked", test::small_network(7, 3), {.bake_normalization = true}},
        InteropCase{"uneven_pool", test::small_network(8, 6), {.output = OnnxOutput::logits}},
        InteropCase{"folded_pool", test::small_network(4, 6), {.output = OnnxOutput::logits}},
        InteropCase{
            "alexnet_at_64", make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}), {}},
        InteropCase{"alexnet_2012", make_alexnet_2012({{.classes = 10, .image_size = 79}, {}}), {}},
        InteropCase{"caffenet", make_caffenet({.classes = 10, .image_size = 75}), {}}),
    kCaseName);

}  // namespace
}  // namespace alexnet
