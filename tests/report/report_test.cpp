// Pages about run folders: their values are those of the run's files and of an evaluation.
#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <alexnet/report.h>
#include <alexnet/version.h>
#include <gmock/gmock.h>

#include <chrono>

#include "core/file.h"
#include "report/html.h"
#include "support/small_model.h"
#include "support/temp_data.h"
#include "train/train_config.h"
#include "train/training_data.h"
#include "train/training_input.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

constexpr const char* kMetrics =
    R"({"event":"step","step":50,"epoch":1,"loss":2.25,"accuracy":0.25,"learning_rate":0.005,"images_per_second":100.5,"wait_seconds":0.1}
{"event":"step","step":100,"epoch":1,"loss":1.75,"accuracy":0.5,"learning_rate":0.01,"images_per_second":99,"wait_seconds":0.1}
{"event":"epoch","step":100,"epoch":1,"loss":2.0,"accuracy":0.375,"validation_loss":1.5,"validation_top1":0.625,"validation_top5":0.875,"best":true,"seconds":9.5}
)";

class Unheard : public TrainObserver {
 public:
  void message(const std::string& /*text*/) override {}
  void progress(const TrainProgress& /*progress*/) override {}
  void epoch_end(const EpochSummary& /*summary*/) override {}
};

class RunReport : public testing::Test {
 protected:
  RunReport() {
    write_idx_dataset(folder_ / "data", 200, 50, 1);
    config_.data = (folder_ / "data").string();
    config_.image_size = 28;
    config_.threads = 1;
    config_.command = "alexnet train <data> --epochs 1";
    Unheard unheard;
    const std::atomic<bool> stop{false};
    settle_input(config_, *open_training_data(config_).train, unheard, stop);
    fs::create_directories(run_);
    save_train_config(run_, config_);
    write_text(run_ / "metrics.jsonl", kMetrics);
  }

  Model model() const {
    Model model = small_model();
    model.normalization = *config_.normalization;
    model.classes = open_training_data(config_).train->classes();
    model.provenance["epoch"] = "1";
    return model;
  }
  std::string page(const ReportOptions& options = {}) const {
    write_report(run_, run_ / "report.html", options);
    return read_text_file(run_ / "report.html");
  }
  json data(const ReportOptions& options = {}) const { return page_data(page(options)); }

  TempFolder folder_;
  TrainConfig config_;
  fs::path run_ = folder_ / "my run";
};

TEST_F(RunReport, IsAPageOfItsOwn) {
  save_model(run_ / "best.safetensors", model());
  const std::string html = page();
  expect_well_formed(html);
  expect_self_contained(html);
  EXPECT_THAT(html, HasSubstr("Permission is hereby granted"));  // Chart.js's licence
  EXPECT_LT(html.size(), 1'000'000U);
}

TEST_F(RunReport, ShowsTheRunsOwnFigures) {
  save_model(run_ / "best.safetensors", model());
  const json shown = data();
  const json& run = shown["run"];
  EXPECT_EQ(run["name"], "my run");
  EXPECT_EQ(run["command"], config_.command);
  json config = json::parse(read_text_file(run_ / "config.json"));
  config["data"] = "data";
  EXPECT_EQ(run["config"], config);
  ASSERT_EQ(run["steps"].size(), 2U);
  EXPECT_EQ(run["steps"][1]["loss"], 1.75);
  EXPECT_EQ(run["steps"][1]["learning_rate"], 0.01);
  ASSERT_EQ(run["epochs"].size(), 1U);
  EXPECT_EQ(run["epochs"][0]["validation_top1"], 0.625);
  EXPECT_FALSE(run["finished"]);
  EXPECT_TRUE(shown["notes"].empty());
}

TEST_F(RunReport, NamesNoFoldersOfTheMachine) {
  const std::string folder = folder_.path().string();
  config_.command = "alexnet train " + config_.data + " --val " + folder + "/val";
  config_.finetune.weights = folder + "/pretrained.pth";
  save_train_config(run_, config_);
  Model trained = model();
  trained.provenance["finetuned from"] = config_.finetune.weights;
  save_model(run_ / "best.safetensors", trained);
  const json shown = data({.data = config_.data});
  EXPECT_THAT(shown.dump(), Not(HasSubstr(folder)));
  EXPECT_EQ(shown["run"]["command"], "alexnet train data --val val");
  EXPECT_EQ(shown["run"]["config"]["command"], "alexnet train data --val val");
  EXPECT_EQ(shown["run"]["config"]["finetune"], "pretrained.pth");
  EXPECT_EQ(shown["network"]["provenance"]["finetuned from"], "pretrained.pth");
  EXPECT_EQ(shown["evaluation"]["set"]["data"], "data");
}

TEST_F(RunReport, SaysThatTheDataIsNoLongerTheRuns) {
  const fs::path trained = folder_ / "trained";
  config_.epochs = 1;
  Unheard unheard;
  const std::atomic<bool> stop{false};
  train(small_model().architecture, config_, trained, false, unheard, stop);
  const auto notes_with = [&](const ReportOptions& options) {
    write_report(trained, trained / "report.html", options);
    return page_data(read_text_file(trained / "report.html"))["notes"].dump();
  };
  const char* change = "has changed since the run was trained on it (10 images were added";
  EXPECT_EQ(notes_with({}), "[]");
  write_idx_dataset(folder_ / "data", 210, 50, 1);
  EXPECT_THAT(notes_with({}), AllOf(StartsWith("[\"data has changed"), HasSubstr(change),
                                    HasSubstr("may have learned from some")));
  EXPECT_THAT(notes_with({.data = config_.data}), HasSubstr(change));
}

// After the run was resumed with other data, that is its own.
TEST_F(RunReport, SaysThatTheRunsDataChangedOnTheWay) {
  const fs::path trained = folder_ / "trained";
  config_.epochs = 1;
  Unheard unheard;
  const std::atomic<bool> stop{false};
  train(small_model().architecture, config_, trained, false, unheard, stop);
  write_idx_dataset(folder_ / "data", 210, 50, 1);
  config_.epochs = 2;
  config_.accept_data_change = true;
  train(small_model().architecture, config_, trained, true, unheard, stop);
  write_report(trained, trained / "report.html", {});
  EXPECT_THAT(
      page_data(read_text_file(trained / "report.html"))["notes"].dump(),
      AllOf(HasSubstr("From step 3 on the run trained on changed data (10 images were added"),
            HasSubstr("may have learned from some"), Not(HasSubstr("has changed since"))));
}

TEST_F(RunReport, EvaluatesAsEvaluateDoes) {
  save_model(run_ / "best.safetensors", model());
  Model net = model();
  const DatasetPtr validation = open_training_data(config_).validation;
  Loader loader(validation, {.batch_size = 7, .preprocess = net.preprocess});
  const auto plan =
      compile(net.architecture, std::make_shared<const Parameters>(net.parameters.clone()),
              {{.max_batch = 7, .threads = 1, .normalization = net.normalization}});
  const Evaluation expected = evaluate(*plan, loader);

  const json shown = data();
  EXPECT_EQ(shown["evaluation"]["images"], validation->size());
  EXPECT_EQ(shown["evaluation"]["set"]["split"], "validation");
  EXPECT_NEAR(shown["evaluation"]["loss"], expected.loss, 1e-5);
  EXPECT_EQ(shown["evaluation"]["top1"], expected.top1);
  auto confusion = expected.confusion;
  for (const json& cell : shown["evaluation"]["confusion"]) {
    confusion[cell[0].get<std::size_t>()][cell[1].get<std::size_t>()] -=
        cell[2].get<std::int64_t>();
  }
  for (const auto& row : confusion) EXPECT_THAT(row, testing::Each(0));
}

TEST_F(RunReport, OrdersMistakesAndNamesThem) {
  save_model(run_ / "best.safetensors", model());
  const json shown = data();
  ASSERT_GT(shown["worst"].size(), 1U);
  double before = 0;
  for (const json& mistake : shown["worst"]) {
    EXPECT_NE(mistake["top"][0]["class"], mistake["label"]);
    EXPECT_GE(mistake["label_probability"], before);
    before = mistake["label_probability"];
    EXPECT_THAT(mistake["picture"].get<std::string>(),
                testing::StartsWith("data:image/png;base64,"));
  }
  before = 1;
  for (const json& mistake : shown["confident"]) {
    EXPECT_LE(mistake["top"][0]["probability"], before);
    before = mistake["top"][0]["probability"];
  }
}

TEST_F(RunReport, DescribesTheNetwork) {
  save_model(run_ / "best.safetensors", model());
  const json network = data()["network"];
  EXPECT_EQ(network["parameters"], model().architecture.parameter_count());
  EXPECT_EQ(network["layers"][0]["output"], (std::vector<int>{4, 6, 6}));
  EXPECT_GT(network["layers"][0]["microseconds"], 0);
  EXPECT_EQ(network["kernels"]["count"], 4);
}

TEST_F(RunReport, ReadsTheTestSetOnlyWhenToldTo) {
  save_model(run_ / "best.safetensors", model());
  fs::remove(folder_ / "data" / "t10k-images-idx3-ubyte.gz");
  fs::remove(folder_ / "data" / "t10k-images-idx3-ubyte");
  EXPECT_EQ(data()["evaluation"]["set"]["split"], "validation");
  EXPECT_THROW(data({.data = config_.data}), Error);
}

TEST_F(RunReport, TakesASampleWhenToldTo) {
  save_model(run_ / "best.safetensors", model());
  const json shown = data({.data = config_.data, .images = 20});
  EXPECT_EQ(shown["evaluation"]["images"], 20);
  EXPECT_EQ(shown["evaluation"]["set"]["of"], 50);
  EXPECT_EQ(shown["evaluation"]["set"]["split"], "test");
}

TEST_F(RunReport, OfARunThatHasJustBegun) {
  write_text(run_ / "metrics.jsonl", std::string(kMetrics) + R"({"event":"step","st)");
  const json shown = data();  // without the line that is being written
  EXPECT_EQ(shown["run"]["steps"].size(), 2U);
  EXPECT_THAT(shown["notes"][0].get<std::string>(), HasSubstr("no weights yet"));
  fs::remove(run_ / "metrics.jsonl");
  EXPECT_TRUE(data()["run"]["steps"].empty());
}

TEST_F(RunReport, OfARunWhoseDataIsGone) {
  save_model(run_ / "best.safetensors", model());
  fs::remove_all(folder_ / "data");
  const json shown = data();
  EXPECT_THAT(shown["notes"][0].get<std::string>(),
              AllOf(HasSubstr("does not exist"), Not(HasSubstr(folder_.path().string()))));
  EXPECT_FALSE(shown.contains("evaluation"));
  EXPECT_TRUE(shown.contains("network"));
}

TEST_F(RunReport, OfATestSetDoesWithoutTheTrainingData) {
  save_model(run_ / "best.safetensors", model());
  write_idx_dataset(folder_ / "other", 20, 30, 2);
  fs::remove_all(folder_ / "data");
  const json shown = data({.data = (folder_ / "other").string()});
  EXPECT_EQ(shown["evaluation"]["images"], 30);
  EXPECT_TRUE(shown["examples"][0]["neighbours"].empty());
  EXPECT_THAT(shown["notes"][0].get<std::string>(),
              AllOf(HasSubstr("nearest training images"), HasSubstr("does not exist"),
                    Not(HasSubstr(folder_.path().string()))));
}

TEST_F(RunReport, SaysThatClassesHaveOtherNames) {
  Model net = model();
  for (std::string& name : net.classes) name += " as others call it";
  save_model(run_ / "best.safetensors", net);
  const json shown = data({.data = config_.data});
  EXPECT_THAT(shown["notes"][0].get<std::string>(),
              AllOf(StartsWith("warning: no class of data ("), HasSubstr("compared by number")));
}

TEST_F(RunReport, SaysThatOutputsAreNotFinite) {
  Model net = model();
  for (auto& value : net.parameters.at("features.0.weight").values()) value = 3e38F;
  save_model(run_ / "best.safetensors", net);
  const json shown = data();
  EXPECT_THAT(shown["notes"][0].get<std::string>(), HasSubstr("not finite"));
  EXPECT_FALSE(shown.contains("evaluation"));
}

TEST_F(RunReport, LeavesOutWhatTrainingLeftOut) {
  write_image_folder(folder_ / "photos", {"a", "b"}, 6, 28, 1);
  write_text(folder_ / "photos" / "val" / "a" / "1.png", "no picture");
  write_text(folder_ / "photos" / "train" / "b" / "2.png", "no picture");
  write_text(folder_ / "photos" / "val" / "a" / "notes.txt", "no image");
  config_.data = (folder_ / "photos").string();
  config_.on_bad_image = OnBadImage::skip;
  save_train_config(run_, config_);
  Model net = model();
  net.classes = {"a", "b"};
  std::get<Linear>(net.architecture.layers[3]).out_features = 2;
  net.parameters = initialize(net.architecture, Initializer::he, 1);
  save_model(run_ / "best.safetensors", net);
  const json shown = data();
  ASSERT_TRUE(shown.contains("evaluation")) << shown["notes"];
  EXPECT_EQ(shown["evaluation"]["images"], 5);
  EXPECT_EQ(shown["examples"][0]["name"], "a/0.png");  // wherever the set lies
  ASSERT_EQ(shown["notes"].size(), 2U) << shown["notes"];
  EXPECT_THAT(
      shown["notes"][0].get<std::string>(),
      AllOf(HasSubstr("left out of the validation images: 1 file"), HasSubstr("a/notes.txt")));
  EXPECT_THAT(shown["notes"][1].get<std::string>(), HasSubstr("could not be decoded"));
  // Or only once it was resumed: config.json holds what the run began with.
  config_.on_bad_image = OnBadImage::stop;
  save_train_config(run_, config_);
  EXPECT_FALSE(data().contains("evaluation"));
  write_text(run_ / "bad_images.jsonl", R"({"image":"1.png","problem":"is none"})"
                                        "\n");
  EXPECT_TRUE(data().contains("evaluation"));
}

TEST_F(RunReport, ProgressIsAlsoAnEpochsEnd) {
  const std::string metrics = kMetrics;
  const std::size_t epoch = metrics.find(R"({"event":"epoch")");
  write_text(run_ / "metrics.jsonl", metrics.substr(0, epoch));
  const RunProgress before = run_progress(run_);
  write_text(run_ / "metrics.jsonl", metrics);
  EXPECT_EQ(run_progress(run_).step, before.step);
  EXPECT_NE(run_progress(run_), before);
}

TEST_F(RunReport, SaysWhenTheLastFiguresCame) {
  using std::chrono::file_clock;
  const auto when = fs::last_write_time(run_ / "metrics.jsonl");
  const auto seconds =
      std::chrono::duration<double>(file_clock::to_sys(when).time_since_epoch()).count();
  EXPECT_NEAR(data()["run"]["last_figures"], seconds, 1);
  fs::remove(run_ / "metrics.jsonl");
  EXPECT_TRUE(data()["run"]["last_figures"].is_null());
}

TEST_F(RunReport, SaysWithWhatItWasMade) {
  const json shown = data();
  const json& trained = shown["run"]["config"]["made_with"];
  for (const json& time : {trained["time"], shown["made"]["time"]}) {
    EXPECT_THAT(time.get<std::string>(), testing::MatchesRegex("20..-..-..T..:..:..Z"));
  }
  EXPECT_EQ(shown["made"]["alexnet"], version());
  EXPECT_EQ(shown["made"]["processor"], trained["processor"]);
}

TEST_F(RunReport, SaysWhichLineIsDamaged) {
  write_text(run_ / "metrics.jsonl", std::string(kMetrics) + "{\"loss\": 3}\n");
  EXPECT_THAT([&] { data(); }, ThrowsMessage<Error>(HasSubstr("metrics.jsonl: line 4")));
  EXPECT_THAT([&] { write_report(folder_.path(), folder_ / "x.html"); },
              ThrowsMessage<Error>(HasSubstr("holds no training run")));
}

TEST_F(RunReport, LivePageLoadsItselfAgain) {
  save_model(run_ / "best.safetensors", model());
  write_live_report(run_, run_ / "report.html", 5);
  const std::string html = read_text_file(run_ / "report.html");
  expect_well_formed(html);
  expect_self_contained(html);
  EXPECT_EQ(page_data(html)["reload_seconds"], 5);
  EXPECT_FALSE(page_data(html).contains("evaluation"));
  EXPECT_EQ(run_progress(run_).step, 100);
  EXPECT_FALSE(run_progress(run_).finished);
}

TEST_F(RunReport, ThinsLongCurves) {
  std::string lines;
  for (int step = 1; step <= 7001; ++step) {
    lines += R"({"event":"step","epoch":1,"loss":1,"accuracy":0,"learning_rate":1,"step":)" +
             std::to_string(step) + "}\n";
  }
  write_text(run_ / "metrics.jsonl", lines);
  const json run = data()["run"];
  EXPECT_EQ(run["steps"].size(), 3000U);
  EXPECT_EQ(run["steps"].front()["step"], 1);
  EXPECT_EQ(run["steps"].back()["step"], 7001);
  EXPECT_EQ(run["steps_in_file"], 7001);
}

}  // namespace
}  // namespace alexnet::test
