#include "train/named_options.h"

#include <alexnet/recipe.h>
#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(NamedOptions, AreThoseOfTheCommandLine) {
  EXPECT_THAT(named_options(), Contains("learning_rate"));
  EXPECT_THAT(named_options(), Contains("random_resized_crop"));
  EXPECT_THAT(named_options(), Not(Contains("data")));
  EXPECT_THAT(named_options(), Not(Contains("colour_axes")));  // measured
}

TEST(NamedOptions, AreSetWithWhatGoesWithThem) {
  const TrainConfig config = configure(
      "photos", R"({"sgd": "krizhevsky2012", "image_size": [48, 64], "epochs": 7, "flip": false})");
  EXPECT_EQ(config.data, "photos");
  EXPECT_EQ(config.epochs, 7);
  EXPECT_EQ(config.image_size, Size(48, 64));
  EXPECT_FALSE(config.augmentation.flip);
  EXPECT_EQ(config.sgd.biases.learning_rate_multiplier, 2);
  EXPECT_EQ(config.sgd.biases.weight_decay, 0);
}

TEST(NamedOptions, ChangeARecipe) {
  TrainConfig recipe;
  apply_recipe(recipe, "krizhevsky2012");
  const TrainConfig config = configure("photos", R"({"epochs": 2, "recipe": "krizhevsky2012"})");
  EXPECT_EQ(config.epochs, 2);
  EXPECT_EQ(config.model, recipe.model);
  EXPECT_EQ(config.schedule.base_rate, recipe.schedule.base_rate);
}

TEST(NamedOptions, SmallBatchesLearnSlower) {
  EXPECT_EQ(configure("photos", "{}").schedule.base_rate, TrainConfig().schedule.base_rate);
  EXPECT_DOUBLE_EQ(configure("photos", R"({"batch_size": 32})").schedule.base_rate, 0.005);
  EXPECT_EQ(configure("photos", R"({"batch_size": 32, "learning_rate": 0.5})").schedule.base_rate,
            0.5);
}

TEST(NamedOptions, NullIsTheDefault) {
  EXPECT_EQ(configure("photos", R"({"epochs": null})").epochs, TrainConfig().epochs);
}

TEST(NamedOptions, AreRefusedByName) {
  EXPECT_ERROR(configure("photos", R"({"epoch": 3})"), "no training option 'epoch'", "epochs");
  EXPECT_ERROR(configure("photos", R"({"colour_axes": [1]})"), "no training option 'colour_axes'");
  EXPECT_ERROR(configure("photos", R"({"epochs": "many"})"), "training options", "epochs");
  EXPECT_ERROR(configure("photos", R"({"epochs": 0})"), "epochs is 0");
  EXPECT_ERROR(configure("photos", R"({"schedule": "sine"})"), "sine", "cosine");
  EXPECT_ERROR(configure("photos", R"({"model": "vgg"})"), "vgg", "alexnet-2012");
  EXPECT_ERROR(configure("photos", R"({"body_rate": 0.5})"), "body_rate needs finetune");
  EXPECT_ERROR(configure("photos", R"({"finetune": "x.pth", "recipe": "torchvision"})"), "recipe",
               "finetune", "exclude each other");
  EXPECT_ERROR(configure("photos", "[]"), "no JSON object");
}

TEST(NamedOptions, GoOnTopOfAnEarlierRuns) {
  const test::TempFolder folder;
  TrainConfig earlier = configure("photos", R"({"batch_size": 32, "epochs": 5})");
  earlier.preprocess = Preprocess{};
  earlier.normalization = Normalization{.mean = {0.5F}, .deviation = {0.25F}};
  save_train_config(folder.path(), earlier);
  const TrainConfig again = configure_again(folder.path(), "", R"({"epochs": 9})");
  EXPECT_EQ(again.data, "photos");
  EXPECT_EQ(again.batch_size, 32);
  EXPECT_EQ(again.epochs, 9);
  EXPECT_EQ(again.schedule.base_rate, earlier.schedule.base_rate);
  EXPECT_FALSE(again.normalization) << "there is no checkpoint, so it is measured again";
  EXPECT_EQ(configure_again(folder.path(), "elsewhere", "{}").data, "elsewhere");
  EXPECT_ERROR_KIND(configure_again(folder / "none", "", "{}"), ErrorKind::not_found);
}

}  // namespace
}  // namespace alexnet
