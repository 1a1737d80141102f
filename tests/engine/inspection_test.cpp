// Looking into a network: activations and gradients by them, in both engines, against the layers
// run one by one in double precision and finite differences.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include "engine/common/checks.h"
#include "engine/reference/layers.h"
#include "support/case_name.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using reference::Map;
using reference::MaskKey;
using testing::HasSubstr;
using testing::ThrowsMessage;
using tolerances::kRelative;
using tolerances::relative_error;

struct Case {
  std::string name;
  Architecture net;
  std::string layer;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

Architecture small(std::vector<Layer> body) {
  Architecture net{.name = "small", .in_channels = 2, .height = 11, .width = 9, .layers = {}};
  net.layers = std::move(body);
  net.layers.insert(net.layers.end(), {Flatten{}, Dropout{0.5F}, Linear{12}, Relu{}, Dropout{0.5F},
                                       Linear{5}, LogSoftmax{}});
  return net;
}

const Conv kFirst{.out_channels = 6, .kernel = 3, .padding = 1};
const Conv kGrouped{.out_channels = 8, .kernel = 3, .padding = 1, .groups = 2};

std::vector<Case> cases() {
  const Architecture pooled = small({kFirst, Relu{}, MaxPool{}, kGrouped, Relu{}, MaxPool{}});
  const Architecture normed =
      small({kFirst, LocalResponseNorm{}, Relu{}, kGrouped, AdaptiveAvgPool{3, 2}});
  const Architecture copied = small({kFirst, Relu{}, MaxPool{}, MaxPool{}, AdaptiveAvgPool{6, 6}});
  return {{"FirstConv", pooled, "features.0"}, {"SecondConv", pooled, "features.3"},
          {"LastPool", pooled, "features.5"},  {"HiddenLinear", pooled, "classifier.1"},
          {"Logits", pooled, "classifier.4"},  {"ConvBeforeNorm", normed, "features.0"},
          {"Norm", normed, "features.1"},      {"ConvBeforeAdaptivePool", normed, "features.3"},
          {"AdaptivePool", normed, "avgpool"}, {"PoolThatIsFolded", copied, "features.3"},
          {"CopyingPool", copied, "avgpool"}};
}

constexpr int kImages = 2;

std::shared_ptr<const Parameters> parameters_of(const Architecture& net) {
  return std::make_shared<const Parameters>(initialize(net, Initializer::pytorch, 2));
}

std::unique_ptr<InspectionPlan> compile(const std::string& engine, const Case& test) {
  return compile_inspection(test.net, parameters_of(test.net),
                            {{.engine = engine, .max_batch = 3}, {}, test.layer});
}

/// The network's layers one by one.
class Layers {
 public:
  explicit Layers(const Architecture& net) : parameters_(initialize(net, Initializer::pytorch, 2)) {
    const std::vector<LayerInfo> infos = net.describe();
    for (std::size_t i = 0; i < infos.size(); ++i) {
      reference::Weights weights;
      if (infos[i].parameters > 0) {
        weights.weight = &parameters_.at(infos[i].name + ".weight");
        weights.bias = &parameters_.at(infos[i].name + ".bias");
      }
      layers_.push_back(make_layer(net.layers[i], infos[i], weights));
    }
  }

  /// What layer `last` makes of the input of layer `first`.
  Map run(Map map, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i <= last; ++i) map = layers_[i]->forward(map, MaskKey{});
    return map;
  }
  std::size_t logits() const { return layers_.size() - 2; }

 private:
  Parameters parameters_;
  std::vector<std::unique_ptr<reference::ReferenceLayer>> layers_;
};

Tensor random_images(const Architecture& net) {
  return random_normal({kImages, net.in_channels, net.height, net.width}, 3);
}

Map to_map(const Tensor& images) {
  Map map(images.shape()[0], {images.shape()[1], images.shape()[2], images.shape()[3]});
  std::ranges::copy(images.values(), map.values.begin());
  return map;
}

void expect_activations(const char* engine, const Case& test) {
  const Tensor images = random_images(test.net);
  const auto plan = compile(engine, test);
  plan->run(Images(images));
  const Tensor got = plan->activations(test.layer);
  const std::size_t layer = activations_layer(test.net, test.layer);
  const Map expected = Layers(test.net).run(to_map(images), 0, layer);
  Shape shape = test.net.describe()[layer].output;
  shape.insert(shape.begin(), kImages);
  EXPECT_EQ(got.shape(), shape);
  EXPECT_LT(relative_error(got.values(), expected.values), kRelative);
}

// Of the logits' sum by a few activations of each image.
void expect_slopes(const Case& test, const std::array<std::int32_t, kImages>& classes,
                   InspectionPlan& plan) {
  const std::size_t layer = activations_layer(test.net, test.layer);
  Layers layers(test.net);
  Map map = layers.run(to_map(random_images(test.net)), 0, layer);
  const auto logit = [&](std::int64_t image) {
    const auto label = classes[static_cast<std::size_t>(image)];
    return layers.run(map, layer + 1, layers.logits()).at(image, label, 0, 0);
  };
  const Tensor gradient = plan.logit_gradient(classes);
  ASSERT_EQ(gradient.shape(), plan.activations(test.layer).shape());
  RandomStream random({.seed = 6});
  std::vector<double> got;
  std::vector<double> slopes;
  while (slopes.size() < 40) {
    const std::uint32_t at = random.below(static_cast<std::uint32_t>(map.values.size()));
    if (map.values[at] == 0.0) continue;  // off: in a pool it may be one of several largest
    const auto image = static_cast<std::int64_t>(at) / map.features();
    constexpr double kStep = 1e-6;
    const double before = map.values[at];
    map.values[at] = before + kStep;
    const double above = logit(image);
    map.values[at] = before - kStep;
    slopes.push_back((above - logit(image)) / (2 * kStep));
    map.values[at] = before;
    got.push_back(gradient[static_cast<std::int64_t>(at)]);
  }
  EXPECT_LT(relative_error(got, slopes), kRelative);
}

void expect_gradients(const char* engine, const Case& test) {
  const auto plan = compile(engine, test);
  plan->run(Images(random_images(test.net)));
  expect_slopes(test, {1, 4}, *plan);
  expect_slopes(test, {3, 0}, *plan);  // again, with other classes
}

class CpuInspection : public testing::TestWithParam<Case> {};
TEST_P(CpuInspection, ActivationsAreWhatTheLayersGive) {
  expect_activations("cpu", GetParam());
}
TEST_P(CpuInspection, LogitGradientsAreTheSlopes) {
  expect_gradients("cpu", GetParam());
}

class ReferenceInspection : public testing::TestWithParam<Case> {};
TEST_P(ReferenceInspection, ActivationsAreWhatTheLayersGive) {
  expect_activations("reference", GetParam());
}
TEST_P(ReferenceInspection, LogitGradientsAreTheSlopes) {
  expect_gradients("reference", GetParam());
}

TEST(CpuInspectionOfNetworks, AgreesWithTheReference) {
  for (const Architecture& net : {make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}),
                                  make_alexnet_2012({{.classes = 10, .image_size = 80}})}) {
    const Case test{net.name, net, net.name == "alexnet" ? "features.10" : "features.12"};
    const auto fast = compile("cpu", test);
    const auto slow = compile("reference", test);
    const Tensor images = random_images(net);
    fast->run(Images(images));
    slow->run(Images(images));
    const std::array<std::int32_t, kImages> classes{9, 2};
    const Tensor got = fast->logit_gradient(classes);
    EXPECT_LT(relative_error(got.values(), slow->logit_gradient(classes).values()), kRelative)
        << net.name;
  }
}

// From so many images on, linear layers leave out zeros where they train.
TEST(CpuInspectionOfNetworks, OfManyImagesAgreesWithTheReference) {
  constexpr int kMany = 20;
  const Architecture net = small({kFirst, Relu{}, AdaptiveAvgPool{6, 6}});
  const Tensor images = random_normal({kMany, net.in_channels, net.height, net.width}, 3);
  std::vector<std::int32_t> classes(kMany);
  for (int i = 0; i < kMany; ++i) classes[static_cast<std::size_t>(i)] = i % 5;
  const auto gradient = [&](const char* engine) {
    const auto plan = compile_inspection(
        net, parameters_of(net), {{.engine = engine, .max_batch = kMany}, {}, "features.0"});
    plan->run(Images(images));
    return plan->logit_gradient(classes);
  };
  EXPECT_LT(relative_error(gradient("cpu").values(), gradient("reference").values()), kRelative);
}

INSTANTIATE_TEST_SUITE_P(Networks, CpuInspection, testing::ValuesIn(cases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Networks, ReferenceInspection, testing::ValuesIn(cases()), kCaseName);

class EachEngineInspection : public testing::TestWithParam<std::string> {};

TEST_P(EachEngineInspection, OutputsAreThoseOfAnInferencePlan) {
  const Case test = cases().front();
  const auto plain =
      compile(test.net, parameters_of(test.net), {{.engine = GetParam(), .max_batch = 3}});
  const auto inspected = compile(GetParam(), test);
  const Tensor images = random_images(test.net);
  const Outputs got = inspected->run(Images(images));
  EXPECT_LT(relative_error(got.logits.values, plain->run(Images(images)).logits.values), 1e-6);
}

TEST_P(EachEngineInspection, KeepsSeveralLayersWithoutGradients) {
  const Architecture net = cases().front().net;
  const auto plan = compile_inspection(
      net, parameters_of(net),
      {{.engine = GetParam(), .max_batch = 5}, {"features.3", "classifier.1"}, ""});
  const Tensor images = random_images(net);
  plan->run(Images(images));
  EXPECT_EQ(plan->activations("features.3").shape(), (Shape{kImages, 8, 5, 4}));
  EXPECT_EQ(plan->activations("classifier.1").shape(), (Shape{kImages, 12}));
  EXPECT_THAT([&] { plan->activations("features.0"); },
              ThrowsMessage<Error>(HasSubstr("features.0")));
  const std::array<std::int32_t, kImages> classes{0, 1};
  EXPECT_THAT([&] { plan->logit_gradient(classes); },
              ThrowsMessage<Error>(HasSubstr("gradient_layer")));
}

TEST_P(EachEngineInspection, ShowsLayersBeforeAndAfterTheirReluInOnePass) {
  const Architecture net = cases().front().net;
  const std::vector<std::string> wanted{"features.0", "features.1", "features.2", "features.3",
                                        "classifier.1"};
  const auto plan = compile_inspection(
      net, parameters_of(net),
      {{.engine = GetParam(), .max_batch = 3}, wanted, "", /*before_relu=*/true});
  const Tensor images = random_images(net);
  const Outputs outputs = plan->run(Images(images));
  Layers layers(net);
  const std::vector<std::size_t> indices{0, 1, 2, 3, 8};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Map expected = layers.run(to_map(images), 0, indices[i]);
    EXPECT_LT(relative_error(plan->activations(wanted[i]).values(), expected.values), kRelative)
        << wanted[i];
  }
  const Map logits = layers.run(to_map(images), 0, layers.logits());
  EXPECT_LT(relative_error(outputs.logits.values, logits.values), kRelative);
}

TEST_P(EachEngineInspection, TakesNetworksThatEndInAnyLayer) {
  const Architecture whole = cases().front().net;
  const Tensor images = random_images(whole);
  for (const std::size_t end : {1U, 2U, 6U, 9U, 10U}) {
    Architecture net = whole;
    net.layers.resize(end);
    const std::vector<LayerInfo> infos = net.describe();
    const std::string last = infos.back().name;
    const auto plan = compile_inspection(net, parameters_of(net),
                                         {{.engine = GetParam(), .max_batch = 3}, {last}, ""});
    EXPECT_TRUE(plan->run(Images(images)).logits.values.empty());
    const Map expected = Layers(whole).run(to_map(images), 0, end - 1);
    EXPECT_LT(relative_error(plan->activations(last).values(), expected.values), kRelative) << last;
  }
}

TEST_P(EachEngineInspection, RefusesGradientsThatItHasNot) {
  Architecture net = cases().front().net;
  InspectionOptions options{{.engine = GetParam()}, {}, "features.0", true};
  const auto compile = [&] { compile_inspection(net, parameters_of(net), options); };
  const auto refused = ThrowsMessage<Error>(HasSubstr("leave `gradient_layer` away"));
  EXPECT_THAT(compile, refused);
  options.before_relu = false;
  EXPECT_NO_THROW(compile());
  net.layers.resize(6);
  EXPECT_THAT(compile, refused);
}

TEST_P(EachEngineInspection, RefusesWhatItCannotDo) {
  const Case test = cases().front();
  EXPECT_THAT(
      [&] {
        compile(GetParam(), {"", test.net, "conv9"});
      },
      ThrowsMessage<Error>(HasSubstr("features.0, features.1")));
  const auto plan = compile(GetParam(), test);
  EXPECT_THAT([&] { plan->activations(test.layer); }, ThrowsMessage<Error>(HasSubstr("first run")));
  const Tensor images = random_images(test.net);
  Images too_many(images);
  too_many.count = kImages + 1;
  EXPECT_THROW(plan->run(too_many), Error);
  EXPECT_THAT([&] { plan->activations(test.layer); }, ThrowsMessage<Error>(HasSubstr("first run")));
  plan->run(Images(images));
  EXPECT_THAT([&] { plan->logit_gradient(std::array<std::int32_t, 1>{0}); },
              ThrowsMessage<Error>(HasSubstr("as many labels")));
  EXPECT_THAT(
      [&] {
        plan->logit_gradient(std::array<std::int32_t, 2>{0, 5});
      },
      ThrowsMessage<Error>(HasSubstr("label 5")));
}

INSTANTIATE_TEST_SUITE_P(Engines, EachEngineInspection, testing::Values("cpu", "reference"),
                         kCaseName);

}  // namespace
}  // namespace alexnet
