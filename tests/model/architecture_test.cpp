#include <alexnet/architecture.h>
#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Architecture net(std::vector<Layer> layers) {
  return {.name = "net", .in_channels = 4, .height = 9, .width = 12, .layers = std::move(layers)};
}

Architecture classifier(std::vector<Layer> features) {
  features.insert(features.end(), {Flatten{}, Linear{3}, LogSoftmax{}});
  return net(std::move(features));
}

auto refuses(const std::string& why) {
  return ThrowsMessage<Error>(HasSubstr(why));
}

TEST(Architecture, DescribesEachLayer) {
  const auto layers =
      classifier({Conv{.out_channels = 6, .kernel = 3, .stride = 2, .padding = 1, .groups = 2},
                  Relu{}, MaxPool{}, LocalResponseNorm{}, AdaptiveAvgPool{2, 3}})
          .describe();
  std::vector<std::string> names;
  std::vector<Shape> shapes;
  for (const LayerInfo& layer : layers) {
    names.push_back(layer.name);
    shapes.push_back(layer.output);
  }
  EXPECT_THAT(names, ElementsAre("features.0", "features.1", "features.2", "features.3", "avgpool",
                                 "", "classifier.0", ""));
  EXPECT_THAT(shapes, ElementsAre(Shape{6, 5, 6}, Shape{6, 5, 6}, Shape{6, 2, 2}, Shape{6, 2, 2},
                                  Shape{6, 2, 3}, Shape{36}, Shape{3}, Shape{3}));
  EXPECT_EQ(layers[0].settings, "6 @ 3x3, stride 2, padding 1, 2 groups");
  EXPECT_EQ(layers[0].parameters, 6 * (2 * 9 + 1));
  EXPECT_EQ(layers[0].multiply_adds, 6 * 5 * 6 * 2 * 9);
}

TEST(Architecture, SumsItsLayers) {
  const Architecture small = classifier({Conv{.out_channels = 2, .kernel = 9}});
  EXPECT_EQ(small.parameter_count(), 2 * (4 * 81 + 1) + 3 * (2 * 4 + 1));
  EXPECT_EQ(small.multiply_adds(), 2 * 4 * 4 * 81 + 3 * 8);
  EXPECT_EQ(small.classes(), 3);
}

TEST(Architecture, ListsParametersWithTheirFanIn) {
  const auto specs = classifier({Conv{.out_channels = 6, .kernel = 3, .groups = 2}}).parameters();
  ASSERT_EQ(specs.size(), 4U);
  EXPECT_EQ(specs[0].name, "features.0.weight");
  EXPECT_EQ(specs[0].shape, (Shape{6, 2, 3, 3}));
  EXPECT_EQ(specs[0].fan_in, 18);
  EXPECT_FALSE(specs[0].is_bias);
  EXPECT_EQ(specs[1].shape, Shape{6});
  EXPECT_EQ(specs[1].fan_in, 18);
  EXPECT_TRUE(specs[1].is_bias);
  EXPECT_EQ(specs[2].shape, (Shape{3, 6 * 7 * 10}));
}

// A last window that would start in the padding is left out: PyTorch's and Caffe's rule.
TEST(Architecture, RoundsUpOnlyToWindowsThatBeginInside) {
  const auto width = [](int extent, const MaxPool& pool) {
    Architecture one = net({pool});
    one.height = one.width = extent;
    return one.describe()[0].output[1];
  };
  EXPECT_EQ(width(8, {.kernel = 3, .stride = 2, .ceil_mode = false}), 3);
  EXPECT_EQ(width(8, {.kernel = 3, .stride = 2, .ceil_mode = true}), 4);
  EXPECT_EQ(width(9, {.kernel = 3, .stride = 2, .ceil_mode = true}), 4);
  EXPECT_EQ(width(4, {.kernel = 1, .stride = 4, .ceil_mode = true}), 1);
}

TEST(Architecture, RefusesGroupsThatDoNotDivide) {
  EXPECT_THAT([] { net({Conv{.out_channels = 6, .kernel = 3, .groups = 3}}).describe(); },
              refuses("4 channels to 6 do not divide into 3 groups"));
  EXPECT_THAT([] { net({Conv{.out_channels = 5, .kernel = 3, .groups = 2}}).describe(); },
              refuses("4 channels to 5 do not divide into 2 groups"));
  EXPECT_THAT([] { net({Conv{.out_channels = 4, .kernel = 3, .groups = 0}}).describe(); },
              refuses("0 groups"));
}

TEST(Architecture, RefusesWindowsThatDoNotFit) {
  EXPECT_THAT(
      [] { net({MaxPool{.kernel = 10, .stride = 2}}).describe(); },
      ThrowsMessage<Error>(AllOf(HasSubstr("net: layer features.0 (MaxPool)"),
                                 HasSubstr("(4, 9, 12)"), HasSubstr("10x10 window does not fit"),
                                 HasSubstr("of at least 10 x 10 pixels"))));
  EXPECT_THAT([] { net({Conv{.out_channels = 1, .kernel = 3, .stride = 0}}).describe(); },
              refuses("at least 1"));
  EXPECT_THAT([] { net({Conv{.out_channels = 1, .kernel = 3, .padding = -1}}).describe(); },
              refuses("padding at least 0"));
}

TEST(Architecture, RefusesLayersInTheWrongPlace) {
  EXPECT_THAT([] { net({Linear{3}}).describe(); }, refuses("after Flatten"));
  EXPECT_THAT([] { net({Flatten{}, MaxPool{}}).describe(); }, refuses("before Flatten"));
  EXPECT_THAT([] { net({Dropout{}}).describe(); }, refuses("after Flatten"));
  EXPECT_THAT([] { net({LogSoftmax{}}).describe(); }, refuses("after Flatten"));
}

TEST(Architecture, RefusesImpossibleSettings) {
  EXPECT_THAT([] { net({LocalResponseNorm{.size = 4}}).describe(); }, refuses("odd"));
  EXPECT_THAT([] { net({Flatten{}, Dropout{-0.1F}}).describe(); }, refuses("[0, 1)"));
  EXPECT_THAT([] { net({AdaptiveAvgPool{0, 6}}).describe(); }, refuses("1x1"));
  EXPECT_THAT([] { net({Flatten{}, Linear{0}}).describe(); }, refuses("1 output"));
}

TEST(Architecture, MustEndInAClassifier) {
  EXPECT_NO_THROW(classifier({}).validate());
  EXPECT_THAT([] { net({Relu{}}).validate(); }, refuses("must end in Linear, LogSoftmax"));
  EXPECT_THAT([] { net({}).validate(); }, refuses("must end in Linear, LogSoftmax"));
  EXPECT_THAT([] { net({Flatten{}, LogSoftmax{}}).classes(); }, refuses("must end in"));
}

}  // namespace
}  // namespace alexnet
