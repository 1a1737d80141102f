// report, watch, explain, features and search, as users run them.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "core/file.h"
#include "report/html.h"
#include "support/paths.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class LookCommands : public testing::Test {
 protected:
  LookCommands() {
    write_idx_dataset(folder_ / "data", 60, 10, 1);
    save_model(folder_ / "small.safetensors", small_model());
    write_png(folder_ / "one.png", pattern(3, 28, 1, 5, 1));
    write_png(folder_ / "two.png", pattern(7, 40, 1, 5, 2));
  }

  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  Outcome train(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"train",        "data", "--model", "alexnet-2012",
                                   "--batch-size", "8",    "--lr",    "0.005",
                                   "--max-steps",  "2",    "--out",   "run"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  std::string text(const fs::path& file) const {
    const Bytes bytes = read_bytes(folder_ / file.string());
    return {bytes.begin(), bytes.end()};
  }

  TempFolder folder_;
};

TEST_F(LookCommands, TrainingEndsWithAReport) {
  const Outcome outcome = train({"--tensorboard"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("report: run/report.html"));
  const std::string html = text("run/report.html");
  expect_well_formed(html);
  expect_self_contained(html);
  const json shown = page_data(html);
  EXPECT_TRUE(shown["run"]["finished"]);
  EXPECT_THAT(shown["run"]["command"].get<std::string>(),
              AllOf(HasSubstr("alexnet train data"), HasSubstr("--tensorboard")));
  EXPECT_EQ(shown["evaluation"]["set"]["split"], "validation");
  EXPECT_EQ(shown["examples"][0]["neighbours"].size(), 6U);

  const Outcome again = run({"report", "run", "--data", "data", "--out", "test.html"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, "test.html\n");
  EXPECT_EQ(page_data(text("test.html"))["evaluation"]["set"]["split"], "test");
}

TEST_F(LookCommands, WatchEndsWithTheRunAndLeavesAPage) {
  ASSERT_EQ(train({"--no-report"}).code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "report.html"));
  const Outcome outcome = run({"watch", "run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "run/report.html\n");
  EXPECT_EQ(page_data(text("run/report.html"))["reload_seconds"], 0);
}

TEST_F(LookCommands, WatchFollowsARunThatGoesOnAndStopsOnASignal) {
  ASSERT_EQ(train({"--no-report"}).code, 0);
  fs::remove(folder_ / "run" / "last.safetensors");  // as if it had not ended
  Program watch({"watch", "run", "--every", "1"}, folder_.path());
  while (watch.running() && !fs::exists(folder_ / "run" / "report.html")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(page_data(text("run/report.html"))["reload_seconds"], 1);
  watch.send(SIGINT);
  const Outcome outcome = watch.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(page_data(text("run/report.html"))["reload_seconds"], 0);
}

TEST_F(LookCommands, ReportRefusesWhatIsNoRun) {
  const Outcome outcome = run({"report", "data"});
  EXPECT_EQ(outcome.code, cli::kNotFound);
  EXPECT_THAT(outcome.err, HasSubstr("alexnet: data holds no training run"));
}

TEST_F(LookCommands, ExplainWritesPicturesAndAPage) {
  const Outcome outcome =
      run({"explain", "small.safetensors", "one.png", "gone.png", "two.png", "--out", "out"});
  EXPECT_EQ(outcome.code, 1);  // one of them could not be read
  EXPECT_THAT(outcome.err, HasSubstr("gone.png"));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("one.png: "), HasSubstr("out/explain.html\n")));
  const std::string html = text("out/explain.html");
  expect_well_formed(html);
  expect_self_contained(html);
  const json shown = page_data(html);
  ASSERT_EQ(shown["images"].size(), 2U);
  EXPECT_EQ(shown["images"][0]["explained"].size(), 2U);
  EXPECT_EQ(shown["images"][0]["layers"][0]["shape"], (std::vector<int>{4, 6, 6}));
  for (const char* file :
       {"one-input.png", "one-grad-cam-1.png", "one-occlusion-2.png", "two-conv1.png"}) {
    EXPECT_GT(read_image(folder_ / "out" / file, 3).width, 20) << file;
  }
}

TEST_F(LookCommands, ExplainNamesImagesWithoutTheirFolders) {
  for (const char* folder : {"secret/left", "secret/right"}) {
    fs::create_directories(folder_ / folder);
    fs::copy(folder_ / "one.png", folder_ / folder / "one.png");
  }
  const Outcome outcome =
      run({"explain", (folder_ / "small.safetensors").string(), (folder_ / "two.png").string(),
           (folder_ / "secret").string(), "--out", "out", "--classes", "1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string html = text("out/explain.html");
  const json shown = page_data(html);
  EXPECT_EQ(shown["weights"], "small");
  std::vector<std::string> names;
  for (const json& image : shown["images"]) names.push_back(image["name"]);
  EXPECT_THAT(names, testing::ElementsAre("two.png", "left/one.png", "right/one.png"));
  EXPECT_EQ(html.find(folder_.path().string()), std::string::npos);
  EXPECT_EQ(html.find("secret"), std::string::npos);
}

TEST_F(LookCommands, ExplainsTheSameFolderAgain) {
  fs::create_directories(folder_ / "cats");
  fs::copy(folder_ / "one.png", folder_ / "cats/one.png");
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome =
        run({"explain", "small.safetensors", "cats", "--out", "cats/explained", "--classes", "1"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(page_data(text("cats/explained/explain.html"))["images"].size(), 1U);
  }
}

TEST_F(LookCommands, ExplainRefusesAFileInPlaceOfItsFolder) {
  for (const char* out : {"two.png", "two.png/deeper"}) {
    const Outcome outcome = run({"explain", "small.safetensors", "one.png", "--out", out});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err,
                HasSubstr("alexnet: cannot make the folder " + std::string(out) + ": "));
  }
}

TEST_F(LookCommands, FeaturesAreSearched) {
  const Outcome made = run({"features", "small.safetensors", "data", "--layer", "conv1", "--split",
                            "test", "--out", "x.npy"});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, "x.npy\n");
  const Outcome found = run({"search", "x.npy", "one.png", "--count", "3", "--json"});
  ASSERT_EQ(found.code, 0) << found.err;
  const json nearest = json::parse(found.out)["results"][0]["nearest"];
  ASSERT_EQ(nearest.size(), 3U);
  EXPECT_LE(nearest[0]["distance"], nearest[1]["distance"]);
  EXPECT_EQ(run({"search", "x.npy", "one.png"}).code, 0);
  const Outcome wrong = run({"search", "y.npy", "one.png"});
  EXPECT_EQ(wrong.code, cli::kNotFound);
  EXPECT_THAT(wrong.err, HasSubstr("y.json"));
  const std::string conv1 = run({"features", "small.safetensors", "data", "--layers", "conv1",
                                 "--split", "test", "--out", "layers"})
                                .err;
  const Outcome several = run({"search", "layers/conv1.npy", "one.png"});
  EXPECT_EQ(several.code, cli::kBadInput) << conv1;
  EXPECT_THAT(several.err, HasSubstr("was made with --layers, which makes no index to search"));
  const Outcome layer = run({"features", "small.safetensors", "data", "--out", "x.npy"});
  EXPECT_EQ(layer.code, cli::kNotFound);
  EXPECT_THAT(layer.err, HasSubstr("no layer 'fc7'"));
}

TEST_F(LookCommands, WhatIsLeftOutIsSaid) {
  write_class_folders(folder_ / "flat", {"ant", "bee"}, 12, 28, 1);
  write_text(folder_ / "flat/ant/notes.txt", "");
  const char* note = "left out of the training images: 1 file (no image: ant/notes.txt)";
  const Outcome features =
      run({"features", "small.safetensors", "flat", "--layer", "conv1", "--out", "x.npy"});
  EXPECT_THAT(features.err, HasSubstr(note));
  EXPECT_THAT(run({"samples", "flat", "--split", "train", "--out", "s"}).err, HasSubstr(note));
  std::vector<std::string> words{"train",        "flat", "--model",      "alexnet-2012",
                                 "--batch-size", "4",    "--image-size", "64",
                                 "--max-steps",  "1",    "--out",        "run"};
  EXPECT_THAT(run(words).err, HasSubstr(note));
  EXPECT_EQ(run({"report", "run", "--data", "flat", "--split", "train"}).code, 0);
  EXPECT_THAT(page_data(text("run/report.html"))["notes"].dump(), HasSubstr(note));
}

class SearchCommand : public LookCommands {
 protected:
  SearchCommand() {
    EXPECT_EQ(
        run({"features", "small.safetensors", "data", "--layer", "conv1", "--out", "x.npy"}).code,
        0);
  }
  void expect_other_weights(const std::vector<std::string>& options) const {
    std::vector<std::string> words{"search", "x.npy", "one.png"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, cli::kBadInput);
    EXPECT_THAT(outcome.err, HasSubstr("x.npy was made with other weights or preprocessing"));
  }
};

TEST_F(SearchCommand, RefusesOtherWeightsHoweverTheyAreNamed) {
  Model later = small_model();
  later.parameters.begin()->tensor[0] += 0.5F;
  save_model(folder_ / "later.safetensors", later);
  expect_other_weights({"--weights", "later.safetensors"});
  save_model(folder_ / "small.safetensors", later);
  expect_other_weights({});
}

TEST_F(SearchCommand, RefusesOtherPreprocessing) {
  Model other = small_model();
  other.preprocess.resize = 32;
  save_model(folder_ / "small.safetensors", other);
  expect_other_weights({});
}

TEST_F(SearchCommand, TakesTheSameWeightsFromAnyFile) {
  Model same = small_model();
  same.provenance["copied"] = "yes";
  save_model(folder_ / "same.onnx", same);
  EXPECT_EQ(run({"search", "x.npy", "one.png", "--weights", "same.onnx"}).code, 0);
}

TEST_F(SearchCommand, RefusesAnIndexThatDoesNotSayItsWeights) {
  json description = json::parse(read_text_file(folder_ / "x.json"));
  description.erase("weights_hash");
  write_text_file(folder_ / "x.json", description.dump());
  const Outcome outcome = run({"search", "x.npy", "one.png"});
  EXPECT_EQ(outcome.code, cli::kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("has no 'weights_hash'; make it again"));
}

TEST_F(LookCommands, TransparentPixelsAreNamed) {
  const std::string image = tests_folder() / "data/image/fixtures/alpha.png";
  const auto note = HasSubstr("alpha.png has transparent pixels; the network sees the colours");
  const Outcome predicted = run({"predict", "small.safetensors", image, "one.png", "--json"});
  EXPECT_THAT(predicted.err, note);
  const json predictions = json::parse(predicted.out)["predictions"];
  EXPECT_EQ(predictions[0]["transparent"], true);
  EXPECT_EQ(predictions[1]["transparent"], false);
  EXPECT_THAT(run({"explain", "small.safetensors", image}).err, note);
}

}  // namespace
}  // namespace alexnet::test
