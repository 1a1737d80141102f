// What `alexnet features` reads: any network, or convolutions alone.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

Model trunk() {
  Model model{.architecture = make_alexnet_trunk()};
  model.parameters = initialize(model.architecture, Initializer::pytorch, 1);
  return model;
}

TEST(LoadLayers, TakesConvolutionsAloneWithThePoolThatFollows) {
  const TempFolder folder;
  for (const char* name : {"trunk.safetensors", "trunk.pth"}) {
    save_trunk(folder / name, trunk());
    const Model read = load_layers(folder / name);
    ASSERT_EQ(read.architecture.layers.size(), 13U);
    EXPECT_TRUE(std::holds_alternative<MaxPool>(read.architecture.layers.back()));
    EXPECT_EQ(read.architecture.describe().back().output, (Shape{256, 6, 6}));
    EXPECT_EQ(read.parameters.size(), 10U);
    EXPECT_EQ(read.preprocess.resize, Size(256));
    EXPECT_EQ(read.preprocess.crop, Size(224));
    EXPECT_EQ(read.preprocess.channels, 3);
    EXPECT_FLOAT_EQ(read.normalization.mean[0], 0.485F);
    EXPECT_THAT(assumptions(read), testing::HasSubstr("preprocessing: torchvision"));
    EXPECT_TRUE(read.classes.empty());
  }
}

TEST(LoadLayers, PreprocessesConvolutionsAsTheOptionsSay) {
  const TempFolder folder;
  save_trunk(folder / "trunk.pth", trunk());
  const Model read = load_layers(folder / "trunk.pth", {.preprocess = "unit"});
  EXPECT_TRUE(read.normalization.mean.empty() || read.normalization.mean[0] == 0.0F);
  EXPECT_THAT(assumptions(read), testing::Not(testing::HasSubstr("preprocessing")));
}

TEST(LoadLayers, TakesWholeNetworksAsLoadModelDoes) {
  const TempFolder folder;
  save_model(folder / "small.safetensors", small_model());
  const Model read = load_layers(folder / "small.safetensors");
  EXPECT_EQ(read.architecture, small_model().architecture);
  EXPECT_EQ(read.classes.size(), 10U);
  EXPECT_THROW(load_layers(folder / "none.pth"), Error);
}

}  // namespace
}  // namespace alexnet::test
