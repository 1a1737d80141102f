#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <variant>

#include "support/case_name.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ThrowsMessage;

struct Extent {
  int height;
  int width;
};

struct Case {
  const char* network;
  Extent image;
  Extent conv1;
  Extent features;  // what Flatten or the adaptive pool sees
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.network << ", " << test.image.height << "x" << test.image.width;
}

Architecture sized(const Case& c, int channels, int classes) {
  Architecture net = make_network(c.network, {.in_channels = channels, .classes = classes});
  net.height = c.image.height;
  net.width = c.image.width;
  return net;
}

class NetworkShapes : public ::testing::TestWithParam<Case> {};

TEST_P(NetworkShapes, AreThoseOfTheOriginal) {
  const Case& c = GetParam();
  const auto layers = sized(c, 1, 10).describe();
  const auto end = std::ranges::find_if(layers, [](const LayerInfo& layer) {
    return layer.kind == "Flatten" || layer.kind == "AdaptiveAvgPool";
  });
  ASSERT_NE(end, layers.end());
  EXPECT_THAT(layers[0].output, ElementsAre(testing::_, c.conv1.height, c.conv1.width));
  EXPECT_THAT(end->input, ElementsAre(256, c.features.height, c.features.width));
  EXPECT_EQ(layers.back().output, Shape{10});
}

INSTANTIATE_TEST_SUITE_P(Sizes, NetworkShapes,
                         ::testing::Values(Case{"alexnet", {224, 224}, {55, 55}, {6, 6}},
                                           Case{"alexnet", {63, 63}, {15, 15}, {1, 1}},
                                           Case{"alexnet", {64, 64}, {15, 15}, {1, 1}},
                                           Case{"alexnet", {97, 130}, {23, 31}, {2, 3}},
                                           Case{"alexnet-2012", {224, 224}, {55, 55}, {6, 6}},
                                           Case{"alexnet-2012", {227, 227}, {55, 55}, {6, 6}},
                                           Case{"alexnet-2012", {63, 63}, {14, 14}, {1, 1}},
                                           Case{"alexnet-2012", {64, 64}, {15, 15}, {1, 1}},
                                           Case{"alexnet-2012", {97, 130}, {23, 31}, {2, 3}},
                                           Case{"bvlc-alexnet", {227, 227}, {55, 55}, {6, 6}},
                                           Case{"bvlc-alexnet", {64, 64}, {14, 14}, {1, 1}},
                                           Case{"bvlc-alexnet", {97, 130}, {22, 30}, {2, 3}},
                                           Case{"caffenet", {227, 227}, {55, 55}, {6, 6}},
                                           Case{"caffenet", {64, 64}, {14, 14}, {1, 1}},
                                           Case{"caffenet", {97, 130}, {22, 30}, {2, 3}}),
                         kCaseName);

// state_dict of torchvision.models.alexnet.
TEST(AlexNet, HasTorchvisionsParameters) {
  std::vector<std::pair<std::string, Shape>> found;
  for (const auto& spec : make_alexnet().parameters()) found.emplace_back(spec.name, spec.shape);
  EXPECT_THAT(
      found,
      ElementsAre(
          Pair("features.0.weight", Shape{64, 3, 11, 11}), Pair("features.0.bias", Shape{64}),
          Pair("features.3.weight", Shape{192, 64, 5, 5}), Pair("features.3.bias", Shape{192}),
          Pair("features.6.weight", Shape{384, 192, 3, 3}), Pair("features.6.bias", Shape{384}),
          Pair("features.8.weight", Shape{256, 384, 3, 3}), Pair("features.8.bias", Shape{256}),
          Pair("features.10.weight", Shape{256, 256, 3, 3}), Pair("features.10.bias", Shape{256}),
          Pair("classifier.1.weight", Shape{4096, 9216}), Pair("classifier.1.bias", Shape{4096}),
          Pair("classifier.4.weight", Shape{4096, 4096}), Pair("classifier.4.bias", Shape{4096}),
          Pair("classifier.6.weight", Shape{1000, 4096}), Pair("classifier.6.bias", Shape{1000})));
}

TEST(AlexNet, CountsParameters) {
  EXPECT_EQ(make_alexnet().parameter_count(), 61'100'840);
  EXPECT_EQ(make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}).parameter_count(),
            57'029'322);
}

TEST(AlexNet, CountsMultiplyAdds) {
  EXPECT_EQ(make_alexnet().multiply_adds(), 714'188'480);
}

TEST(AlexNet, NeedsAtLeast63Pixels) {
  EXPECT_NO_THROW(make_alexnet({.image_size = 63}));
  EXPECT_THAT(
      [] { make_alexnet({.image_size = 62}); },
      ThrowsMessage<Error>(AllOf(HasSubstr("alexnet"), HasSubstr("features.12"),
                                 HasSubstr("use a larger image, of at least 63 x 63 pixels"))));
}

// Krizhevsky 2012, 3.5: two groups in the second, fourth and fifth convolution.
TEST(AlexNet2012, HasThePapersParameters) {
  std::vector<std::pair<std::string, Shape>> weights;
  for (const auto& spec : make_alexnet_2012().parameters()) {
    if (!spec.is_bias) weights.emplace_back(spec.name, spec.shape);
  }
  EXPECT_THAT(weights, ElementsAre(Pair("features.0.weight", Shape{96, 3, 11, 11}),
                                   Pair("features.4.weight", Shape{256, 48, 5, 5}),
                                   Pair("features.8.weight", Shape{384, 256, 3, 3}),
                                   Pair("features.10.weight", Shape{384, 192, 3, 3}),
                                   Pair("features.12.weight", Shape{256, 192, 3, 3}),
                                   Pair("classifier.0.weight", Shape{4096, 9216}),
                                   Pair("classifier.3.weight", Shape{4096, 4096}),
                                   Pair("classifier.6.weight", Shape{1000, 4096})));
}

TEST(AlexNet2012, Counts) {
  EXPECT_EQ(make_alexnet_2012().parameter_count(), 60'965'224);
  EXPECT_EQ(make_alexnet_2012().multiply_adds(), 724'406'816);
  EXPECT_EQ(make_bvlc_alexnet().parameter_count(), 60'965'224);
  EXPECT_EQ(make_caffenet().parameter_count(), 60'965'224);
}

TEST(AlexNet2012, NormalizesAsAsked) {
  Alexnet2012Options options;
  options.normalization = {.k = 1.0F, .divide_by_size = false};
  const Architecture net = make_alexnet_2012(options);
  EXPECT_EQ(std::get<LocalResponseNorm>(net.layers[2]), options.normalization);
  EXPECT_EQ(std::get<LocalResponseNorm>(make_alexnet_2012().layers[2]), LocalResponseNorm{});
}

TEST(Caffe, NormalizesBeforeOrAfterThePool) {
  const auto kinds = [](const Architecture& net) {
    std::vector<std::string> first;
    for (std::size_t i = 1; i < 4; ++i) first.emplace_back(layer_kind(net.layers[i]));
    return first;
  };
  EXPECT_THAT(kinds(make_bvlc_alexnet()), ElementsAre("ReLU", "LocalResponseNorm", "MaxPool"));
  EXPECT_THAT(kinds(make_caffenet()), ElementsAre("ReLU", "MaxPool", "LocalResponseNorm"));
  EXPECT_EQ(std::get<LocalResponseNorm>(make_bvlc_alexnet().layers[2]).k, 1.0F);
}

TEST(Network, IsFoundByItsName) {
  for (const auto name : network_names()) EXPECT_EQ(make_network(name).name, name);
  EXPECT_EQ(make_network("alexnet", {.dropout = 0.25F}), make_alexnet({.dropout = 0.25F}));
  EXPECT_THAT([] { make_network("vgg"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'vgg'"), HasSubstr("alexnet-2012"))));
}

TEST(Network, RefusesImpossibleOptions) {
  EXPECT_THAT([] { make_alexnet({.in_channels = 0}); },
              ThrowsMessage<Error>(HasSubstr("channels")));
  EXPECT_THAT([] { make_alexnet({.classes = 0}); }, ThrowsMessage<Error>(HasSubstr("1 class")));
  EXPECT_THAT([] { make_alexnet({.dropout = 1.0F}); }, ThrowsMessage<Error>(HasSubstr("[0, 1)")));
}

}  // namespace
}  // namespace alexnet
