#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

TEST(Pipeline, TrainsEvaluatesAndPredicts) {
  const TempFolder folder;
  write_idx_dataset(folder / "data", 400, 100, 1);
  const std::string data = folder / "data";
  const std::string run = folder / "run";
  const Outcome trained = run_program({"train", data, "--model", "alexnet-2012", "--epochs", "3",
                                       "--batch-size", "16", "--lr", "0.005", "--no-flip",
                                       "--schedule", "step", "--init", "he", "--out", run});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, AllOf(HasSubstr("best.safetensors"), HasSubstr("validation top-1")));
  EXPECT_THAT(trained.err, AllOf(HasSubstr("epoch 1/3"), HasSubstr("epoch 3/3")));

  const Outcome evaluated = run_program({"eval", run, data, "--json"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  const json result = json::parse(evaluated.out);
  EXPECT_EQ(result["images"], 100);
  EXPECT_GT(result["top1"], 0.8);
  EXPECT_EQ(result["weights"], run + "/best.safetensors");

  const std::string image = folder / "three.png";
  write_png(image, pattern(3, 28, 1, 99, 0));
  const Outcome predicted = run_program({"predict", run, image, "--top", "2"});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_THAT(predicted.out, StartsWith(image + ": 3\n"));
  EXPECT_THAT(predicted.err, HasSubstr("run/best.safetensors"));

  const Outcome shown = run_program({"info", run});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("alexnet-2012"), HasSubstr(data)));
}

class TrainedWeights : public testing::Test {
 protected:
  TrainedWeights() {
    save_model(weights_, small_model());
    write_idx_dataset(data_, 20, 20, 1);
    write_png(image_, pattern(1, 40, 3, 1, 1));
  }

  TempFolder folder_;
  std::string weights_ = folder_ / "small.safetensors";
  std::string data_ = folder_ / "data";
  std::string image_ = folder_ / "image.png";
};

TEST_F(TrainedWeights, EvalReportsClassesAndConfusion) {
  const Outcome table = run_program({"eval", weights_, data_});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("top-1"), HasSubstr("top-5"), HasSubstr("confusion")));

  const json result = json::parse(run_program({"eval", weights_, data_, "--json"}).out);
  EXPECT_EQ(result["classes"].size(), 10U);
  EXPECT_TRUE(result["loss"].is_number());
  std::int64_t images = 0;
  std::int64_t right = 0;
  for (std::size_t label = 0; label < 10; ++label) {
    for (const json& count : result["confusion"][label]) images += count.get<std::int64_t>();
    right += result["confusion"][label][label].get<std::int64_t>();
  }
  EXPECT_EQ(images, 20);
  EXPECT_DOUBLE_EQ(result["top1"], static_cast<double>(right) / 20.0);
  EXPECT_GE(result["top5"], result["top1"]);
}

TEST_F(TrainedWeights, EvalComparesAPrecisionWithFp32) {
  const json plain = json::parse(run_program({"eval", weights_, data_, "--json"}).out);
  EXPECT_EQ(plain["precision"], "fp32");
  EXPECT_FALSE(plain.contains("fp32"));
  for (const std::string precision : {"fp16", "bf16", "int8"}) {
    const Outcome outcome =
        run_program({"eval", weights_, data_, "--precision", precision, "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["precision"], precision);
    for (const char* figure : {"loss", "top1", "top5"}) {
      EXPECT_EQ(result["fp32"][figure], plain[figure]);
      EXPECT_NEAR(result[figure], plain[figure], 0.1);
    }
    EXPECT_NE(result["loss"], plain["loss"]);
  }
  const Outcome table = run_program({"eval", weights_, data_, "--precision", "fp16"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("fp16"), HasSubstr("(fp32 "), HasSubstr("change ")));
}

TEST_F(TrainedWeights, PredictStoresWeightsAsAsked) {
  const auto best = [&](const std::string& precision) {
    const Outcome outcome =
        run_program({"predict", weights_, image_, "--precision", precision, "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out)["predictions"][0]["top"][0];
  };
  const json exact = best("fp32");
  for (const char* precision : {"fp16", "bf16"}) {
    const json halves = best(precision);
    EXPECT_EQ(halves["index"], exact["index"]) << precision;
    EXPECT_NE(halves["probability"], exact["probability"]) << precision;
    EXPECT_NEAR(halves["probability"], exact["probability"], 0.01) << precision;
  }
}

TEST_F(TrainedWeights, WhatIsNotFiniteIsNoPrediction) {
  Model model = small_model();
  std::ranges::fill(model.parameters.at("classifier.0.weight").values(), 3e38F);
  save_model(weights_, model);
  const std::vector<std::vector<std::string>> commands{
      {"predict", weights_, image_},
      {"predict", weights_, image_, "--json"},
      {"predict", weights_, image_, "--crops", "10"},
      {"eval", weights_, data_},
      {"eval", weights_, data_, "--crops", "10", "--json"},
      {"explain", weights_, image_, "--out", folder_ / "maps"}};
  for (const std::vector<std::string>& command : commands) {
    const Outcome outcome = run_program(command);
    EXPECT_EQ(outcome.code, cli::kBadInput) << command[0];
    EXPECT_THAT(outcome.err, HasSubstr("is not finite")) << command[0];
    EXPECT_THAT(outcome.out, Not(HasSubstr("nan"))) << command[0];
  }
}

TEST_F(TrainedWeights, WeightsBeyondHalvesStayFp32AndAreNamed) {
  Model model = small_model();
  model.parameters.at("classifier.0.weight")[0] = 1e6F;
  save_model(weights_, model);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"predict", weights_, image_, "--precision", "fp16"},
        std::vector<std::string>{"eval", weights_, data_, "--precision", "fp16"}}) {
    const Outcome outcome = run_program(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("classifier.0 Linear stays fp32: its weights reach 1e+06"));
  }
}

TEST_F(TrainedWeights, EvalDoesNotDependOnTheBatchSize) {
  const json one = json::parse(run_program({"eval", weights_, data_, "--json"}).out);
  const json other =
      json::parse(run_program({"eval", weights_, data_, "--json", "--batch-size", "3"}).out);
  EXPECT_EQ(one["confusion"], other["confusion"]);
  EXPECT_NEAR(one["loss"], other["loss"], 1e-6);
}

TEST_F(TrainedWeights, PredictPrintsOneJsonObject) {
  const Outcome outcome = run_program({"predict", weights_, image_, image_, "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["predictions"].size(), 2U);
  const json& top = result["predictions"][0]["top"];
  EXPECT_EQ(top.size(), 5U);
  EXPECT_GE(top[0]["probability"], top[1]["probability"]);
}

TEST_F(TrainedWeights, ABadImageDoesNotStopTheOthers) {
  const std::string bad = folder_ / "bad.png";
  write_text(bad, "no image");
  const Outcome outcome = run_program({"predict", weights_, bad, image_, "--json"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(bad));
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["predictions"].size(), 1U);
  EXPECT_EQ(result["failures"][0]["image"], bad);
}

TEST_F(TrainedWeights, PredictTakesFolders) {
  const fs::path photos = folder_ / "photos";
  for (const char* name : {"b.PNG", "a/2.png", "a/1.png", "a/.hidden.png", ".git/3.png"}) {
    write_png(photos / name, pattern(2, 30, 3, 1, 1));
  }
  write_text(photos / "a/notes.txt", "no image");
  write_text(photos / "c.jpg", "no image");
  fs::create_symlink("d.jpg", photos / "d.jpg");  // to itself
  const Outcome outcome = run_program({"predict", weights_, image_, photos, "--json"});
  EXPECT_EQ(outcome.code, 1);  // two of them could not be read
  const json result = json::parse(outcome.out);
  std::vector<std::string> names;
  for (const json& one : result["predictions"]) names.push_back(one["image"]);
  EXPECT_EQ(names, (std::vector<std::string>{image_, photos / "a/1.png", photos / "a/2.png",
                                             photos / "b.PNG"}));
  ASSERT_EQ(result["failures"].size(), 2U);
  EXPECT_EQ(result["failures"][0]["image"], (photos / "c.jpg").string());
  EXPECT_EQ(result["failures"][1]["image"], (photos / "d.jpg").string());

  EXPECT_THAT(outcome.err, Not(HasSubstr("passed over")));
  write_text(photos / "b.heic", "");
  write_text(photos / "a/a.HEIC", "");
  fs::create_directory_symlink(photos / "a", photos / "link");
  const Outcome more = run_program({"predict", weights_, photos, "--json"});
  EXPECT_EQ(json::parse(more.out)["predictions"].size(), 3U);
  EXPECT_THAT(
      more.err,
      HasSubstr("passed over below " + photos.string() +
                ": 2 files (.heic, a format that is not read: " + (photos / "a/a.HEIC").string() +
                "), 1 file (a link to a folder: " + (photos / "link").string() + ")\n"));

  fs::create_directories(folder_ / "empty");
  const Outcome empty = run_program({"predict", weights_, folder_ / "empty"});
  EXPECT_EQ(empty.code, cli::kNotFound);
  EXPECT_THAT(empty.err, HasSubstr("there are no images below "));
}

TEST_F(TrainedWeights, LabelsComeFromAFile) {
  const std::string labels = folder_ / "labels.txt";
  write_text(labels, "zero\r\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
  const Outcome named = run_program({"predict", weights_, image_, "--labels", labels, "--json"});
  EXPECT_EQ(named.code, 0) << named.err;
  const json top = json::parse(named.out)["predictions"][0]["top"][0];
  const std::vector<std::string> names{"zero", "one", "two",   "three", "four",
                                       "five", "six", "seven", "eight", "nine"};
  EXPECT_EQ(top["label"], names[top["index"].get<std::size_t>()]);

  write_text(labels, "zero\none\n");
  const Outcome few = run_program({"predict", weights_, image_, "--labels", labels});
  EXPECT_EQ(few.code, 1);
  EXPECT_THAT(few.err, AllOf(HasSubstr(weights_), HasSubstr("10 classes and 2 names")));
}

TEST_F(TrainedWeights, InfoShowsWhereTheyComeFrom) {
  const Outcome outcome = run_program({"info", weights_, "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json info = json::parse(outcome.out);
  EXPECT_EQ(info["provenance"]["data"], "patterns");
  EXPECT_EQ(info["class_names"].size(), 10U);
  const Outcome misused = run_program({"info", weights_, "--classes", "3"});
  EXPECT_EQ(misused.code, 2);
  EXPECT_THAT(misused.err, HasSubstr("--classes"));
}

TEST_F(TrainedWeights, AFullOutputIsAFailure) {
  const std::string command = std::string("exec '") + program_path() + "' info alexnet > /dev/full";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), cli::kIo);
}

}  // namespace
}  // namespace alexnet::test
