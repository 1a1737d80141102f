// The recipes, ten crops and shards, through the program.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RecipeCommand : public testing::Test {
 protected:
  RecipeCommand() { write_image_folder(folder_ / "data", {"ant", "bee"}, 8, 40, 1); }

  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  json config(const std::string& name) const {
    return json::parse(read_bytes(folder_ / name / "config.json"));
  }

  TempFolder folder_;
};

TEST_F(RecipeCommand, SettingsOverrideItWhereverTheyStand) {
  const Outcome outcome =
      run({"train", "data", "--image-size", "63", "--batch-size", "4", "--recipe", "krizhevsky2012",
           "--max-steps", "1", "--weight-decay", "0.001", "--patience", "5", "--out", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("recipe           krizhevsky2012"),
                                 HasSubstr("63  (the recipe: 224)"), HasSubstr("colour noise 0.1"),
                                 HasSubstr("reading 16 training images for their mean image")));
  const json written = config("run");
  EXPECT_EQ(written["recipe"], "krizhevsky2012");
  EXPECT_EQ(written["model"], "alexnet-2012");
  EXPECT_EQ(written["batch_size"], 4);
  EXPECT_EQ(written["crop"], 63);
  EXPECT_EQ(written["resize"], 72);
  EXPECT_EQ(written["weight_decay"], 0.001);
  EXPECT_EQ(written["bias_weight_decay"], 0.0);
  EXPECT_EQ(written["bias_rate_multiplier"], 2.0);
  EXPECT_EQ(written["patience"], 5);
  EXPECT_EQ(written["colour_axes"].size(), 9U);
  const Outcome resumed = run({"train", "--resume", "--out", "run"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("nothing to do"));
}

TEST_F(RecipeCommand, TorchvisionsMayBeToldToPadInstead) {
  const Outcome outcome =
      run({"train", "data", "--recipe", "torchvision", "--image-size", "63", "--batch-size", "4",
           "--max-steps", "1", "--no-random-resized-crop", "--pad", "2", "--out", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(config("run")["random_resized_crop"], false);
  EXPECT_EQ(config("run")["pad"], 2);
  EXPECT_EQ(config("run")["normalizing"], "imagenet");
  EXPECT_NEAR(config("run")["mean"][0].get<double>(), 0.485, 1e-6);
}

TEST_F(RecipeCommand, WhatDoesNotGoTogetherIsSaid) {
  const Outcome outcome = run({"train", "data", "--recipe", "krizhevsky2012", "--pad", "4"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("mean image"));
  EXPECT_EQ(run({"train", "data", "--recipe", "vgg"}).code, 2);
}

TEST_F(RecipeCommand, TenCropsAreAveragedAndTheCentreTold) {
  const Outcome trained = run({"train", "data", "--recipe", "krizhevsky2012", "--image-size", "63",
                               "--batch-size", "4", "--max-steps", "2", "--out", "run"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Outcome plain = run({"eval", "run", "data", "--json"});
  const Outcome ten = run({"eval", "run", "data", "--crops", "10", "--json"});
  ASSERT_EQ(ten.code, 0) << ten.err;
  const json result = json::parse(ten.out);
  EXPECT_EQ(result["crops"], 10);
  EXPECT_NEAR(result["centre_crop"]["loss"], json::parse(plain.out)["loss"], 1e-5);
  EXPECT_THAT(run({"eval", "run", "data", "--crops", "10"}).out,
              HasSubstr("the centre alone: loss"));
  EXPECT_EQ(run({"eval", "run", "data", "--crops", "5"}).code, 2);
  const Outcome predicted = run({"predict", "run", "data/test/bee/0.png", "--crops", "10"});
  EXPECT_EQ(predicted.code, 0) << predicted.err;
}

TEST_F(RecipeCommand, ConvertSaysWhatBecomesOfTheMeanImage) {
  ASSERT_EQ(run({"train", "data", "--recipe", "krizhevsky2012", "--image-size", "63",
                 "--batch-size", "4", "--max-steps", "1", "--out", "run"})
                .code,
            0);
  EXPECT_THAT(run({"info", "run"}).out, HasSubstr("of an image of 72 x 72 pixels"));
  EXPECT_THAT(run({"convert", "run", "x.pth"}).err, HasSubstr("without the weights' mean image"));
  EXPECT_THAT(run({"convert", "run", "x.onnx"}).err, HasSubstr("--bake-normalization"));
  EXPECT_THAT(run({"convert", "run", "y.onnx", "--bake-normalization"}).err,
              Not(HasSubstr("mean image")));
  EXPECT_THAT(run({"convert", "run", "x.safetensors"}).err, Not(HasSubstr("mean image")));
}

TEST_F(RecipeCommand, ShardsTrainAndEvaluateAsTheFolderDoes) {
  const Outcome packed = run({"pack", "data", "shards", "--shard-size", "1"});
  ASSERT_EQ(packed.code, 0) << packed.err;
  EXPECT_THAT(packed.out, HasSubstr("shards: 32 images in 3 shards"));
  const Outcome trained = run({"train", "shards", "--image-size", "63", "--batch-size", "4",
                               "--max-steps", "2", "--out", "run"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const json of_shards = json::parse(run({"eval", "run", "shards", "--json"}).out);
  const json of_folder = json::parse(run({"eval", "run", "data", "--json"}).out);
  EXPECT_EQ(of_shards["images"], 8);
  EXPECT_NEAR(of_shards["loss"], of_folder["loss"], 1e-5);
  EXPECT_EQ(run({"pack", "absent", "x"}).code, cli::kNotFound);
}

}  // namespace
}  // namespace alexnet::test
