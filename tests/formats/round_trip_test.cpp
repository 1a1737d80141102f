// Whatever write_onnx is asked for, load_model has the model again, and it goes on into a .pth.
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "formats/onnx/models.h"
#include "support/case_name.h"
#include "support/temp_folder.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

struct Subject {
  std::string name;
  std::string network;
  int image_size;
  bool has_mean_image;
};

void PrintTo(const Subject& subject, std::ostream* out) {
  *out << subject.name;
}

Architecture narrow(const std::string& network, int image_size) {
  Architecture net =
      make_network(network, {.in_channels = 3, .classes = 5, .image_size = image_size});
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != 5) linear->out_features = 16;
    }
  }
  net.validate();
  return net;
}

Model model_of(const Subject& subject) {
  Model model = test::model_of(narrow(subject.network, subject.image_size));
  model.preprocess.resize = subject.image_size + 6;
  if (!subject.has_mean_image) return model;
  MeanImage mean{.size = subject.image_size + 6, .channels = 3, .values = {}};
  for (int i = 0; i < mean.size.height * mean.size.width * 3; ++i) {
    mean.values.push_back(0.4F + static_cast<float>(i % 101) / 1000.0F);
  }
  model.normalization.mean_image = std::make_shared<MeanImage>(std::move(mean));
  return model;
}

void expect_same(const Model& read, const Model& model, bool is_half) {
  EXPECT_EQ(read.architecture, model.architecture);
  EXPECT_EQ(read.classes, model.classes);
  EXPECT_EQ(read.preprocess, model.preprocess);
  const Tensor images = test::pixels(model.architecture, 2);
  EXPECT_LT(tolerances::relative_error(test::logits(read.architecture, read.parameters, images),
                                       test::logits(model.architecture, model.parameters, images)),
            is_half ? 5e-3 : 1e-5);
}

// What is baked in comes back; a mean image only where the centre crop lies.
void expect_same_normalization(const Model& read, const Model& model) {
  const Normalization& expected = model.normalization;
  ASSERT_EQ(read.normalization.mean.size(), expected.mean.size());
  for (std::size_t c = 0; c < expected.mean.size(); ++c) {
    EXPECT_NEAR(read.normalization.deviation[c], expected.deviation[c], 1e-6);
    if (expected.mean_image) continue;
    EXPECT_NEAR(read.normalization.mean[c], expected.mean[c], 1e-6);
  }
  ASSERT_EQ(read.normalization.mean_image != nullptr, expected.mean_image != nullptr);
  if (!expected.mean_image) return;
  const MeanImage& image = *expected.mean_image;
  ASSERT_EQ(read.normalization.mean_image->size, image.size);
  const int margin = centre_offset(image.size.height - model.architecture.height);
  for (int at = margin; at < margin + model.architecture.height; ++at) {
    const auto i = static_cast<std::size_t>((at * image.size.width + at) * 3);
    EXPECT_NEAR(read.normalization.mean_image->values[i], image.values[i], 1e-5);
  }
}

class OnnxRoundTrip : public ::testing::TestWithParam<Subject> {
 protected:
  void check(const Model& model, const OnnxWriteOptions& options) const {
    const auto onnx = folder_ / "x.onnx";
    write_onnx(onnx, model, options);
    const Model read = load_model(onnx);
    expect_same(read, model, options.half_weights);
    if (options.bake_normalization) expect_same_normalization(read, model);
    save_model(folder_ / "x.pth", read);
    const Model again = load_model(
        folder_ / "x.pth", {.network = GetParam().network, .image_size = GetParam().image_size});
    EXPECT_EQ(again.architecture, model.architecture);
  }

  test::TempFolder folder_;
};

TEST_P(OnnxRoundTrip, HoldsForEveryOption) {
  const Model model = model_of(GetParam());
  for (const int opset : {13, 21}) {
    for (const OnnxOutput output : {OnnxOutput::log_probabilities, OnnxOutput::logits}) {
      for (unsigned bits = 0; bits < 8; ++bits) {
        const OnnxWriteOptions options{.opset = opset,
                                       .output = output,
                                       .bake_normalization = (bits & 1U) != 0,
                                       .half_weights = (bits & 2U) != 0,
                                       .external_data = (bits & 4U) != 0};
        SCOPED_TRACE(testing::Message() << "opset " << opset << ", logits "
                                        << (output == OnnxOutput::logits) << ", options " << bits);
        check(model, options);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, OnnxRoundTrip,
                         ::testing::Values(Subject{"copied_up", "alexnet", 64, false},
                                           Subject{"copied_up_with_mean_image", "alexnet", 64,
                                                   true},
                                           Subject{"folded_pool", "alexnet", 160, false},
                                           Subject{"uneven_pool", "alexnet", 300, false},
                                           Subject{"usual", "alexnet", 224, true},
                                           Subject{"paper", "alexnet-2012", 128, true},
                                           Subject{"zoo", "bvlc-alexnet", 127, false},
                                           Subject{"caffenet", "caffenet", 127, true}),
                         kCaseName);

}  // namespace
}  // namespace alexnet
