#include <alexnet/model.h>
#include <alexnet/recipe.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "infer/average_softmax.h"
#include "support/expect_error.h"
#include "support/temp_data.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(Recipe, TheyDifferWhereTheirPublicationsDo) {
  TrainConfig paper;
  apply_recipe(paper, "krizhevsky2012");
  EXPECT_EQ(paper.model, "alexnet-2012");
  EXPECT_EQ(paper.batch_size, 128);
  EXPECT_EQ(paper.sgd.biases.learning_rate_multiplier, 2.0F);
  EXPECT_EQ(paper.sgd.biases.weight_decay, 0.0F);
  EXPECT_EQ(paper.schedule.divisions, 3);
  TrainConfig theirs;
  apply_recipe(theirs, "torchvision");
  EXPECT_EQ(theirs.model, "alexnet");
  EXPECT_EQ(theirs.batch_size, 256);
  EXPECT_EQ(theirs.sgd.biases.weight_decay, 1e-4F);
  EXPECT_TRUE(theirs.augmentation.resized_crop);
  for (const TrainConfig& config : {paper, theirs}) {
    EXPECT_EQ(config.epochs, 90);
    EXPECT_EQ(config.image_size, 224);
    EXPECT_EQ(config.schedule.base_rate, 0.01);
    EXPECT_NO_THROW(check_config(config));
  }
}

TEST(Recipe, LeaveWhatTheyDoNotSettle) {
  TrainConfig config;
  config.data = "somewhere";
  config.seed = 9;
  config.threads = 3;
  apply_recipe(config, "torchvision");
  EXPECT_EQ(config.data, "somewhere");
  EXPECT_EQ(config.seed, 9U);
  EXPECT_EQ(config.threads, 3);
}

TEST(Recipe, AnUnknownNameIsRefusedWithTheNames) {
  TrainConfig config;
  EXPECT_ERROR(apply_recipe(config, "vgg"), "vgg", "krizhevsky2012, torchvision");
}

TEST(Recipe, AMeanImageNeedsCropsThatItCovers) {
  TrainConfig config;
  apply_recipe(config, "krizhevsky2012");
  config.augmentation.padding = 2;
  EXPECT_ERROR(check_config(config), "mean image", "--normalize channels");
  config.augmentation = {.resized_crop = true};
  EXPECT_ERROR(check_config(config), "mean image");
}

TEST(Recipe, ARunWithItRoundTrips) {
  const test::TempFolder folder;
  TrainConfig config;
  apply_recipe(config, "krizhevsky2012");
  config.preprocess = Preprocess{};
  config.normalization = Normalization{{0.5F, 0.5F, 0.5F}, {0.1F, 0.1F, 0.1F}};
  config.augmentation.colour.axes = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  save_train_config(folder.path(), config);
  const TrainConfig read = load_train_config(folder.path());
  EXPECT_NO_THROW(check_continues(config, read));
  EXPECT_EQ(read.recipe, "krizhevsky2012");
  EXPECT_EQ(read.augmentation, config.augmentation);
  EXPECT_EQ(read.schedule.watched, PlateauWatches::error);
}

TEST(AveragedSoftmax, IsTheMeanOfProbabilities) {
  const std::vector<float> two{std::log(0.5F), std::log(0.5F), std::log(0.9F), std::log(0.1F)};
  const std::vector<float> mean = average_softmax(two, 2);
  EXPECT_NEAR(std::exp(mean[0]), 0.7, 1e-6);
  EXPECT_NEAR(std::exp(mean[1]), 0.3, 1e-6);
}

TEST(AveragedSoftmax, NothingUnderflows) {
  EXPECT_EQ(average_softmax(std::vector<float>{-2000.0F, -2000.0F}, 2)[0], -2000.0F);
}

class SilentObserver : public TrainObserver {
 public:
  void message(const std::string& text) override { messages.push_back(text); }
  void progress(const TrainProgress& p) override {
    rate = p.learning_rate;
    if (p.step == stop_at) stop = true;
  }
  void epoch_end(const EpochSummary& summary) override { last = summary; }

  std::vector<std::string> messages;
  EpochSummary last;
  double rate = 0;
  std::int64_t stop_at = -1;
  std::atomic<bool> stop{false};
};

Architecture tiny_network(int size) {
  return {.name = "tiny",
          .in_channels = 3,
          .height = size,
          .width = size,
          .layers = {Conv{.out_channels = 8, .kernel = 5, .stride = 4}, Relu{}, Flatten{},
                     Linear{3}, LogSoftmax{}}};
}

class RecipeRun : public testing::Test {
 protected:
  RecipeRun() {
    test::write_image_folder(folder_ / "data", {"a", "b", "c"}, 16, 40, 1);
    config_.data = (folder_ / "data").string();
    apply_recipe(config_, "krizhevsky2012");
    config_.image_size = 28;
    config_.batch_size = 8;
    config_.epochs = 6;
    config_.schedule.base_rate = 0.001;
  }
  TrainResult run(const fs::path& into, SilentObserver& observer, bool resume = false) const {
    return train(tiny_network(config_.image_size.height), config_, into, resume, observer,
                 observer.stop);
  }

  test::TempFolder folder_;
  TrainConfig config_;
};

TEST_F(RecipeRun, LearnsAndKeepsTheMeanImageWithTheWeights) {
  SilentObserver observer;
  run(folder_ / "run", observer);
  EXPECT_LT(observer.last.validation.loss, 0.8);  // ln 3 is 1.1
  EXPECT_THAT(observer.messages, Contains(HasSubstr("mean image and colours")));
  const Model model = load_model(folder_ / "run" / "best.safetensors");
  EXPECT_EQ(model.preprocess.resize, 32);
  ASSERT_TRUE(model.normalization.mean_image);
  EXPECT_EQ(model.normalization.mean_image->size, 32);
  EXPECT_EQ(model.normalization.deviation[0], 1.0F / 255.0F);
}

TEST_F(RecipeRun, AResumedRunEndsWithTheSameBits) {
  SilentObserver whole;
  run(folder_ / "whole", whole);
  SilentObserver first;
  first.stop_at = 8;
  EXPECT_TRUE(run(folder_ / "halves", first).interrupted);
  SilentObserver second;
  run(folder_ / "halves", second, true);
  EXPECT_THAT(second.messages, ::testing::Not(Contains(HasSubstr("mean image"))));  // of the file
  EXPECT_EQ(test::read_bytes(folder_ / "whole" / "best.safetensors"),
            test::read_bytes(folder_ / "halves" / "best.safetensors"));
}

TEST_F(RecipeRun, AResumedRunRemembersThePlateaus) {
  config_.schedule.patience = 1;
  config_.epochs = 10;
  SilentObserver whole;
  run(folder_ / "whole", whole);
  SilentObserver first;
  first.stop_at = 22;
  EXPECT_TRUE(run(folder_ / "halves", first).interrupted);
  EXPECT_LT(first.rate, 0.5 * config_.schedule.base_rate);  // the error has stopped falling before
  EXPECT_LT(whole.rate, 0.5 * first.rate);                  // and does so again
  SilentObserver second;
  run(folder_ / "halves", second, true);
  EXPECT_EQ(second.rate, whole.rate);
  const Model straight = load_model(folder_ / "whole" / "last.safetensors");
  const Model resumed = load_model(folder_ / "halves" / "last.safetensors");
  for (const NamedTensor& entry : straight.parameters) {
    EXPECT_TRUE(
        std::ranges::equal(entry.tensor.values(), resumed.parameters.at(entry.name).values()))
        << entry.name;
  }
}

TEST_F(RecipeRun, KilledBeforeItsFirstCheckpointItMeasuresAgain) {
  SilentObserver whole;
  run(folder_ / "whole", whole);
  SilentObserver first;
  first.stop_at = 2;
  EXPECT_TRUE(run(folder_ / "killed", first).interrupted);
  fs::remove(folder_ / "killed" / "last.safetensors");
  SilentObserver second;
  run(folder_ / "killed", second, true);
  EXPECT_THAT(second.messages, Contains(HasSubstr("mean image")));
  EXPECT_THAT(second.messages, Contains(HasSubstr("starting from the first step")));
  EXPECT_EQ(test::read_bytes(folder_ / "whole" / "best.safetensors"),
            test::read_bytes(folder_ / "killed" / "best.safetensors"));
}

}  // namespace
}  // namespace alexnet
