#include <alexnet/classifier.h>
#include <alexnet/error.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet {
namespace {

// Looks at the mean brightness of one pixel: "dark", "grey" or "bright".
Model brightness_model() {
  Model model{.architecture = {.name = "brightness",
                               .in_channels = 1,
                               .height = 1,
                               .width = 1,
                               .layers = {Flatten{}, Linear{3}, LogSoftmax{}}},
              .classes = {"dark", "grey", "bright"},
              .preprocess = {.resize = 1, .crop = 1, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.5F}}};
  model.parameters = Parameters(model.architecture);
  Tensor& weight = model.parameters.at("classifier.0.weight");
  weight[0] = -10.0F;
  weight[2] = 10.0F;
  return model;
}

Image plain(std::uint8_t value) {
  Image image{.height = 4, .width = 6, .channels = 1, .pixels = {}};
  image.pixels.assign(24, value);
  return image;
}

TEST(Classifier, RefusesOutputThatIsNotFinite) {
  Model model = brightness_model();
  std::ranges::fill(model.parameters.at("classifier.0.weight").values(), 3e38F);
  model.normalization.deviation = {1e-3F};
  Classifier classifier(std::move(model));
  EXPECT_ERROR(classifier.classify(plain(255), 2), "the network's output is not finite");
}

TEST(Classifier, NamesTheMostProbableClassesFirst) {
  Classifier classifier(brightness_model());
  const auto bright = classifier.classify(plain(255), 2);
  ASSERT_EQ(bright.size(), 2U);
  EXPECT_EQ(bright[0].label, "bright");
  EXPECT_EQ(bright[0].index, 2);
  EXPECT_EQ(bright[1].label, "grey");
  EXPECT_GT(bright[0].probability, 0.99);
  EXPECT_EQ(classifier.classify(plain(0), 1)[0].label, "dark");
}

TEST(Classifier, ProbabilitiesOfAllClassesSumToOne) {
  Classifier classifier(brightness_model());
  double sum = 0;
  const auto all = classifier.classify(plain(140), 100);
  for (const Prediction& p : all) sum += p.probability;
  EXPECT_EQ(all.size(), 3U);
  EXPECT_NEAR(sum, 1.0, 1e-6);
}

TEST(Classifier, ReadsFiles) {
  const test::TempFolder folder;
  test::write_png(folder / "white.png", plain(255));
  Classifier classifier(brightness_model());
  EXPECT_EQ(classifier.classify(folder / "white.png")[0].label, "bright");
  EXPECT_ERROR(classifier.classify(folder / "absent.png"), "absent.png");
}

TEST(Classifier, RefusesAModelThatDoesNotFit) {
  Model few_names = brightness_model();
  few_names.classes.pop_back();
  EXPECT_ERROR(Classifier(std::move(few_names)), "2 classes");
  Model no_weights = brightness_model();
  no_weights.parameters = Parameters();
  EXPECT_ERROR(Classifier(std::move(no_weights)), "classifier.0.weight");
}

}  // namespace
}  // namespace alexnet
