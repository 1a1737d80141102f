// The cpu engine against the reference: every layer on the shapes that AlexNet has and on awkward
// ones, and whole networks.
#include <alexnet/engine.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include "engine/cpu/base/processor.h"
#include "support/case_name.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using tolerances::kRelative;
using tolerances::relative_error;

struct Case {
  std::string name;
  Architecture net;
  int batch = 2;
  int max_batch = 2;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

Architecture chain(int channels, int height, int width, std::vector<Layer> layers) {
  return {.name = "chain",
          .in_channels = channels,
          .height = height,
          .width = width,
          .layers = std::move(layers)};
}

/// The layer between a 1 × 1 convolution, whose gradient shows the layer's input gradient, and a
/// small classifier.
Case one_layer(std::string name, int channels, int height, int width, const Layer& layer,
               int batch = 2) {
  std::vector<Layer> layers{Conv{.out_channels = channels, .kernel = 1}, layer};
  if (std::holds_alternative<Conv>(layer)) layers.emplace_back(Relu{});
  layers.insert(layers.end(), {Flatten{}, Linear{5}, LogSoftmax{}});
  return {std::move(name), chain(channels, height, width, std::move(layers)), batch, batch};
}

/// A convolution fed by the images.
Case first_layer(std::string name, int channels, int height, int width, const Conv& conv) {
  return {std::move(name),
          chain(channels, height, width, {conv, Flatten{}, Linear{5}, LogSoftmax{}}), 3, 3};
}

/// A pool that copies a small map for a linear layer, with no dropout between.
Case folded(std::string name, int channels, int height, int width) {
  return {std::move(name),
          chain(channels, height, width,
                {Conv{.out_channels = channels, .kernel = 1}, AdaptiveAvgPool{}, Flatten{},
                 Dropout{0.0F}, Linear{11}, LogSoftmax{}}),
          2, 2};
}

Tensor random_images(const Architecture& net, int batch) {
  Tensor images({batch, net.in_channels, net.height, net.width});
  fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
  return images;
}

std::vector<std::int32_t> random_labels(int batch, int classes) {
  RandomStream random({.seed = 4});
  std::vector<std::int32_t> labels;
  for (int i = 0; i < batch; ++i) {
    labels.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes))));
  }
  return labels;
}

// Where a ReLU's input is nearly zero, or a pool's two largest nearly equal, rounding decides which
// way the gradient goes, and two right answers differ. So the 1 × 1 convolution that one_layer puts
// first is the identity, exact in both engines, and the biases of a convolution after it keep its
// outputs well away from zero: alternate channels are on and off.
Parameters kink_free_parameters(const Architecture& net) {
  Parameters parameters = initialize(net, Initializer::pytorch, 1);
  const auto* first = std::get_if<Conv>(&net.layers[0]);
  if (first == nullptr || first->kernel != 1) return parameters;
  Tensor& weight = parameters.at("features.0.weight");
  std::ranges::fill(weight.values(), 0.0F);
  for (int c = 0; c < first->out_channels; ++c) weight[c * first->out_channels + c] = 1.0F;
  std::ranges::fill(parameters.at("features.0.bias").values(), 0.0F);
  if (std::holds_alternative<Conv>(net.layers[1])) {
    Tensor& bias = parameters.at("features.1.bias");
    for (std::int64_t c = 0; c < bias.size(); ++c) bias[c] = c % 2 == 0 ? 5.0F : -5.0F;
  }
  return parameters;
}

class CpuAgainstReference : public testing::TestWithParam<Case> {};

TEST_P(CpuAgainstReference, Inference) {
  const auto& [name, net, batch, max_batch] = GetParam();
  const auto parameters = std::make_shared<const Parameters>(kink_free_parameters(net));
  const Tensor images = random_images(net, batch);
  const auto slow = compile(net, parameters, {{.engine = "reference", .max_batch = max_batch}});
  const auto fast = compile(net, parameters, {{.engine = "cpu", .max_batch = max_batch}});
  const Outputs expected = slow->run(Images(images));
  const Outputs got = fast->run(Images(images));
  EXPECT_EQ(got.logits.shape, expected.logits.shape);
  EXPECT_EQ(got.features.shape, expected.features.shape);
  EXPECT_LT(relative_error(got.features.values, expected.features.values), kRelative);
  EXPECT_LT(relative_error(got.logits.values, expected.logits.values), kRelative);
  EXPECT_LT(relative_error(got.log_probabilities.values, expected.log_probabilities.values),
            kRelative);
}

TEST_P(CpuAgainstReference, Gradients) {
  const auto& [name, net, batch, max_batch] = GetParam();
  TrainingOptions options{{.max_batch = max_batch}};
  options.label_smoothing = 0.1F;
  options.seed = 5;
  const auto start = [&options, &net = net](const char* engine) {
    options.engine = engine;
    return compile_training(net, kink_free_parameters(net), options);
  };
  const auto slow = start("reference");
  const auto fast = start("cpu");
  const Tensor images = random_images(net, batch);
  const auto labels = random_labels(batch, net.classes());
  const StepResult expected = slow->compute_gradients(Images(images), labels, 17);
  const StepResult got = fast->compute_gradients(Images(images), labels, 17);
  EXPECT_NEAR(got.loss, expected.loss, kRelative * expected.loss);
  EXPECT_EQ(got.correct, expected.correct);
  for (const NamedTensor& entry : slow->gradients()) {
    EXPECT_LT(relative_error(fast->gradients().at(entry.name).values(), entry.tensor.values()),
              kRelative)
        << entry.name;
  }
}

std::unique_ptr<TrainingPlan> training_plan(int threads, const Case& c) {
  const TrainingOptions options{{.engine = "cpu", .max_batch = c.max_batch, .threads = threads}};
  return compile_training(c.net, kink_free_parameters(c.net), options);
}

Parameters trained_by(int threads, const Case& c) {
  const auto plan = training_plan(threads, c);
  const Tensor images = random_images(c.net, c.batch);
  const auto labels = random_labels(c.batch, c.net.classes());
  for (std::uint32_t step = 0; step < 3; ++step) {
    plan->compute_gradients(Images(images), labels, step);
    plan->update(0.01F);
  }
  return plan->parameters().clone();
}

bool some_by_onednn(const std::vector<LayerPlan>& layers) {
  return std::ranges::any_of(layers, [](const LayerPlan& layer) {
    return layer.implementation.find("oneDNN") != std::string::npos;
  });
}

TEST_P(CpuAgainstReference, TheBitsDoNotDependOnTheThreads) {
  if (some_by_onednn(training_plan(1, GetParam())->layers())) {
    GTEST_SKIP() << "oneDNN computes a layer: its sums depend on the number of threads";
  }
  const Parameters one = trained_by(1, GetParam());
  for (const int threads : {2, 3, 5}) {
    const Parameters several = trained_by(threads, GetParam());
    for (const NamedTensor& entry : one) {
      EXPECT_TRUE(std::ranges::equal(several.at(entry.name).values(), entry.tensor.values()))
          << entry.name << " by " << threads << " threads";
    }
  }
}

/// For other processors than x86, Debian's oneDNN has `ref` loops only.
bool onednn_has_kernels() {
#ifdef __x86_64__
  return true;
#else
  return false;
#endif
}

// No layer may fall to one of oneDNN's `ref` loops.
TEST_P(CpuAgainstReference, NothingRunsOnARefLoop) {
  const Architecture& net = GetParam().net;
  const PlanOptions options{.engine = "cpu", .max_batch = 2};
  const auto plan = compile_training(net, Parameters(net), {options});
  const auto inference = compile(net, std::make_shared<const Parameters>(net), {options});
  const bool by_our_kernels = net.name != "chain" && cpu::isa() != cpu::Isa::none;
  if (!onednn_has_kernels() && !by_our_kernels) {
    GTEST_SKIP() << "oneDNN computes layers that AlexNet has not, and has no kernels here";
  }
  for (const auto& layers : {plan->layers(), inference->layers()}) {
    for (const LayerPlan& layer : layers) {
      EXPECT_THAT(layer.implementation, testing::Not(testing::HasSubstr("ref"))) << layer.layer;
      EXPECT_FALSE(layer.implementation.empty()) << layer.layer;
    }
  }
}

/// Every convolution, pool and norm of a network at the shapes it has there.
std::vector<Case> layers_of(const Architecture& net, const std::string& name) {
  std::vector<Case> cases;
  const auto infos = net.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const Layer& layer = net.layers[i];
    if (infos[i].input.size() != 3 || std::holds_alternative<Relu>(layer) ||
        std::holds_alternative<Flatten>(layer)) {
      continue;
    }
    cases.push_back(one_layer(
        name + "Layer" + std::to_string(i) + infos[i].kind, static_cast<int>(infos[i].input[0]),
        static_cast<int>(infos[i].input[1]), static_cast<int>(infos[i].input[2]), layer));
  }
  return cases;
}

std::vector<Case> awkward_layers() {
  const LocalResponseNorm strong{.alpha = 0.5F};
  const LocalResponseNorm odd{
      .size = 3, .k = 1.0F, .alpha = 0.3F, .beta = 0.6F, .divide_by_size = false};
  return {
      one_layer("ConvOneChannel", 1, 17, 13, Conv{.out_channels = 5, .kernel = 3, .padding = 1}),
      one_layer("ConvBatch1", 3, 30, 31, Conv{.out_channels = 7, .kernel = 5, .stride = 2}, 1),
      one_layer("ConvGroups", 12, 9, 11,
                Conv{.out_channels = 8, .kernel = 3, .padding = 1, .groups = 4}),
      one_layer("ConvOverhang", 3, 16, 18,
                Conv{.out_channels = 16, .kernel = 11, .stride = 4, .ceil_mode = true}),
      one_layer("ConvOnOnePixel", 40, 1, 1, Conv{.out_channels = 24, .kernel = 3, .padding = 1}),
      one_layer("ConvUnusedEdge", 4, 12, 12, Conv{.out_channels = 4, .kernel = 3, .stride = 2}),
      one_layer("ConvTwoTaps", 9, 8, 7, Conv{.out_channels = 33, .kernel = 2, .padding = 1}),
      one_layer("ConvFourTaps", 18, 14, 11, Conv{.out_channels = 65, .kernel = 4}),
      one_layer("ConvWidePadding", 5, 6, 9, Conv{.out_channels = 6, .kernel = 5, .padding = 4}),
      one_layer("ConvManyChannels", 67, 13, 6,
                Conv{.out_channels = 201, .kernel = 3, .padding = 1, .groups = 1}),
      one_layer("ConvThreeGroups", 51, 7, 7,
                Conv{.out_channels = 105, .kernel = 5, .padding = 2, .groups = 3}),
      first_layer("FirstStrided", 3, 30, 31, Conv{.out_channels = 7, .kernel = 5, .stride = 2}),
      first_layer("FirstStridedGrey", 1, 33, 20,
                  Conv{.out_channels = 20, .kernel = 7, .stride = 3, .padding = 2}),
      first_layer("FirstOverhang", 3, 40, 43,
                  Conv{.out_channels = 33, .kernel = 11, .stride = 4, .ceil_mode = true}),
      first_layer("FirstUnusedEdge", 2, 25, 27, Conv{.out_channels = 8, .kernel = 4, .stride = 4}),
      first_layer("FirstPlain", 3, 16, 15, Conv{.out_channels = 12, .kernel = 3}),
      folded("FoldedOnePixel", 6, 1, 1),
      {"FoldedFirst", chain(3, 2, 2, {AdaptiveAvgPool{}, Flatten{}, Linear{4}, LogSoftmax{}}), 2,
       2},
      {"ReluFirst",
       chain(3, 7, 7,
             {Relu{}, Conv{.out_channels = 5, .kernel = 3}, Flatten{}, Linear{4}, LogSoftmax{}}),
       2, 2},
      {"DropoutOnOnePixel", chain(30, 1, 1, {Flatten{}, Dropout{0.5F}, Linear{4}, LogSoftmax{}}), 2,
       2},
      folded("FoldedSmallMap", 37, 2, 3),
      one_layer("PoolCeil", 5, 8, 10, MaxPool{.ceil_mode = true}),
      one_layer("PoolUnusedEdge", 16, 8, 10, MaxPool{}),
      one_layer("PoolWide", 8, 9, 9, MaxPool{.kernel = 2, .stride = 1}),
      one_layer("NormStrong", 16, 5, 6, strong),
      one_layer("NormFewChannels", 3, 5, 6, strong),
      one_layer("NormOdd", 32, 4, 4, odd),
      one_layer("AdaptiveGrows", 6, 1, 1, AdaptiveAvgPool{}),
      one_layer("AdaptiveShrinks", 6, 13, 10, AdaptiveAvgPool{}),
      one_layer("AdaptiveMixed", 6, 3, 14, AdaptiveAvgPool{}),
      {"ReluAlone", chain(4, 6, 6, {MaxPool{}, Relu{}, Flatten{}, Linear{3}, LogSoftmax{}}), 2, 2},
      {"LinearOnly", chain(1, 5, 5, {Flatten{}, Linear{3}, LogSoftmax{}}), 3, 3},
      {"DropoutFirst",
       chain(2, 5, 5,
             {Flatten{}, Dropout{0.3F}, Linear{9}, Relu{}, Dropout{0.6F}, Linear{3}, LogSoftmax{}}),
       3, 3},
      // So many images that the linear layers leave out zeros; the batch is not full.
      {"ZerosLeftOut",
       chain(2, 12, 12,
             {Flatten{}, Dropout{0.5F}, Linear{300}, Relu{}, Dropout{0.5F}, Linear{70}, Relu{},
              Linear{3}, LogSoftmax{}}),
       37, 40},
  };
}

std::vector<Case> networks() {
  const auto sized = [](std::string_view name, int channels, int height, int width) {
    Architecture net =
        make_network(name, {.in_channels = channels, .classes = 10, .image_size = 224});
    net.height = height;
    net.width = width;
    return net;
  };
  return {
      {"Alexnet63", sized("alexnet", 3, 63, 63), 1, 1},
      {"Alexnet64Gray", sized("alexnet", 1, 64, 64), 3, 5},
      {"Alexnet65", sized("alexnet", 3, 65, 65), 2, 2},
      {"Alexnet64Batch9", sized("alexnet", 1, 64, 64), 9, 20},
      {"Alexnet97x130", sized("alexnet", 2, 97, 130), 2, 2},
      {"Alexnet2012At97", sized("alexnet-2012", 3, 97, 97), 2, 4},
      {"BvlcAt67", sized("bvlc-alexnet", 3, 67, 67), 1, 2},
      {"CaffenetAt67", sized("caffenet", 1, 67, 71), 2, 2},
  };
}

INSTANTIATE_TEST_SUITE_P(Alexnet, CpuAgainstReference,
                         testing::ValuesIn(layers_of(make_alexnet(), "")), kCaseName);
INSTANTIATE_TEST_SUITE_P(Alexnet2012, CpuAgainstReference,
                         testing::ValuesIn(layers_of(make_alexnet_2012(), "")), kCaseName);
INSTANTIATE_TEST_SUITE_P(
    Small, CpuAgainstReference,
    testing::ValuesIn(layers_of(make_alexnet({.in_channels = 1, .image_size = 64}), "")),
    kCaseName);
INSTANTIATE_TEST_SUITE_P(Awkward, CpuAgainstReference, testing::ValuesIn(awkward_layers()),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Networks, CpuAgainstReference, testing::ValuesIn(networks()), kCaseName);

/// In which precision, for how many images at most.
using InferenceCase = std::tuple<Precision, int>;

class CpuInference : public testing::TestWithParam<InferenceCase> {
 protected:
  std::unique_ptr<Plan> plan(int threads) const {
    const auto& [precision, max_batch] = GetParam();
    return compile(net_, parameters_,
                   {{.engine = "cpu", .max_batch = max_batch, .threads = threads}, precision});
  }
  std::vector<float> logits_by(int threads) const {
    const Tensor images = random_images(net_, std::get<int>(GetParam()));
    const auto planned = plan(threads);
    const Outputs outputs = planned->run(Images(images));
    return {outputs.logits.values.begin(), outputs.logits.values.end()};
  }

 private:
  // With layers wide enough to go by columns, and one that is not.
  Architecture net_ =
      chain(3, 12, 12,
            {Conv{.out_channels = 16, .kernel = 3, .padding = 1}, Relu{}, MaxPool{}, Flatten{},
             Linear{1200}, Relu{}, Linear{801}, Relu{}, Linear{420}, LogSoftmax{}});
  std::shared_ptr<const Parameters> parameters_ =
      std::make_shared<const Parameters>(kink_free_parameters(net_));
};

TEST_P(CpuInference, TheBitsDoNotDependOnTheThreads) {
  if (some_by_onednn(plan(1)->layers())) {
    GTEST_SKIP() << "oneDNN computes a layer: its sums depend on the number of threads";
  }
  const std::vector<float> one = logits_by(1);
  for (const int threads : {2, 3, 5}) EXPECT_EQ(logits_by(threads), one) << threads << " threads";
}

std::string name_of_inference(const testing::TestParamInfo<InferenceCase>& info) {
  const auto& [precision, max_batch] = info.param;
  return std::string(to_string(precision)) + "Batch" + std::to_string(max_batch);
}

INSTANTIATE_TEST_SUITE_P(Precisions, CpuInference,
                         testing::Combine(testing::Values(Precision::fp32, Precision::fp16,
                                                          Precision::int8),
                                          testing::Values(1, 2)),
                         name_of_inference);

}  // namespace
}  // namespace alexnet
