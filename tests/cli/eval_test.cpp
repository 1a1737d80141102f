// What eval compares, on which images, and what it writes.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "report/html.h"
#include "support/band_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class Evaluated : public testing::Test {
 protected:
  Evaluated() { write_class_folders(folder_ / "set/test", kBandClasses, 4, kBandSide, 1); }

  void save(const std::vector<std::string>& classes) const {
    save_model(folder_ / "w.safetensors", band_model(classes));
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  Outcome eval(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"eval", "w.safetensors", "set"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  json eval_json() const {
    const Outcome outcome = eval({"--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
  static std::map<std::string, json> by_name(const json& classes) {
    std::map<std::string, json> rows;
    for (const json& row : classes) rows[row["name"]] = row;
    return rows;
  }
  std::string text(const std::string& file) const {
    const Bytes bytes = read_bytes(folder_ / file);
    return {bytes.begin(), bytes.end()};
  }

  TempFolder folder_;
};

TEST_F(Evaluated, ClassesAreComparedByNameInAnyOrder) {
  for (const std::vector<std::string>& order :
       {kBandClasses, {"elk", "cat", "ant", "dog", "bee"}}) {
    save(order);
    const json result = eval_json();
    EXPECT_EQ(result["top1"], 1.0);
    EXPECT_EQ(result["images"], 20);
    EXPECT_EQ(result["classes_compared_by"], "name");
    EXPECT_EQ(result["classes"][0]["name"], order[0]);
    for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(result["confusion"][i][i], 4);
    EXPECT_THAT(eval().err, Not(HasSubstr("classes")));
  }
}

TEST_F(Evaluated, ASubsetOfTheClassesIsFine) {
  save({"yak", "elk", "dog", "cat", "bee", "ant", "fox"});
  const Outcome outcome = eval({"--json"});
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["top1"], 1.0);
  EXPECT_EQ(by_name(result["classes"])["yak"]["images"], 0);
  EXPECT_EQ(result["macro"]["f1"], 1.0);
  EXPECT_THAT(outcome.err, HasSubstr("set has 5 of the network's 7 classes"));
}

TEST_F(Evaluated, UnknownClassesAreListedAndCountedApart) {
  save({"cat", "ant", "bee"});
  const json result = eval_json();
  EXPECT_EQ(result["top1"], 1.0);
  EXPECT_EQ(result["images"], 12);
  EXPECT_EQ(result["unknown_classes"],
            (json{{{"name", "dog"}, {"images", 4}}, {{"name", "elk"}, {"images", 4}}}));
  EXPECT_THAT(eval().out, HasSubstr("8 images of 2 classes that the network does not know "
                                    "(dog, elk): none of them can be right"));
}

// The network is asked, whatever the training part holds.
TEST_F(Evaluated, ClassesThatTheTrainingPartLacksAreComparedToo) {
  write_class_folders(folder_ / "set/train", {"ant", "bee"}, 2, kBandSide, 1);
  save(kBandClasses);
  const json result = eval_json();
  EXPECT_EQ(result["images"], 20);
  EXPECT_EQ(result["top1"], 1.0);
  EXPECT_EQ(result["unknown_classes"], json::array());
}

TEST_F(Evaluated, NumbersAreComparedLoudlyWhereNoNameMatches) {
  Model model = band_model(kBandClasses);
  model.classes = {"a", "b", "c", "d", "e"};
  save_model(folder_ / "w.safetensors", model);
  const Outcome outcome = eval({"--json"});
  EXPECT_EQ(json::parse(outcome.out)["top1"], 1.0);
  EXPECT_EQ(json::parse(outcome.out)["classes_compared_by"], "number");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("warning: no class of set (ant, bee, cat, dog, elk)"),
                                 HasSubstr("compared by number")));
  EXPECT_EQ(eval({"--predictions", "p.csv"}).code, 0);
  EXPECT_THAT(text("p.csv"), AllOf(HasSubstr("set/test/ant/0.png,ant,a,"),
                                   HasSubstr("set/test/elk/3.png,elk,e,")));
  save({"cat", "dog"});
  model.classes.pop_back();
  save_model(folder_ / "w.safetensors", band_model({"a", "b"}));
  const Outcome refused = eval();
  EXPECT_EQ(refused.code, cli::kBadInput);
  EXPECT_THAT(refused.err,
              HasSubstr("none of the 5 classes of set (ant, bee, cat, dog, elk) is one of the "
                        "network's 2 (a, b)"));
}

TEST_F(Evaluated, ClassesOfOneNameKeepTheirRows) {
  save({"ant", "crane", "crane", "bee"});
  const json classes = eval_json()["classes"];
  ASSERT_EQ(classes.size(), 4U);
  EXPECT_EQ(classes[1]["name"], "crane");
  EXPECT_EQ(classes[2]["name"], "crane");
}

TEST_F(Evaluated, PrecisionRecallAndF1AreThoseOfTheCounts) {
  save(kBandClasses);
  // Two images of bees among the ants: taken for bees.
  for (const char* name : {"8.png", "9.png"}) {
    fs::rename(folder_ / "set/test/bee" / (name[0] == '8' ? "0.png" : "1.png"),
               folder_ / "set/test/ant" / name);
  }
  const json result = eval_json();
  auto rows = by_name(result["classes"]);
  EXPECT_DOUBLE_EQ(rows["ant"]["precision"], 1.0);
  EXPECT_DOUBLE_EQ(rows["ant"]["recall"], 4.0 / 6);
  EXPECT_DOUBLE_EQ(rows["ant"]["f1"], 8.0 / 10);
  EXPECT_DOUBLE_EQ(rows["bee"]["precision"], 2.0 / 4);
  EXPECT_DOUBLE_EQ(rows["bee"]["recall"], 1.0);
  EXPECT_DOUBLE_EQ(rows["bee"]["f1"], 4.0 / 6);
  EXPECT_DOUBLE_EQ(result["macro"]["precision"], (1.0 + 0.5 + 3) / 5);
  EXPECT_DOUBLE_EQ(result["weighted"]["recall"], (6 * 4.0 / 6 + 2 + 12) / 20);
  EXPECT_THAT(eval().out,
              AllOf(HasSubstr("macro     precision 90.00 %, recall 93.33 %, F1 89.33 %"),
                    HasSubstr("class  precision   recall       F1  images")));
}

TEST_F(Evaluated, PredictionsAreALineAnImage) {
  save({"cat", "ant", "say \"bee\", twice", "dog"});
  fs::rename(folder_ / "set/test/ant/0.png", folder_ / "set/test/ant/0, \"first\".png");
  const Outcome outcome = eval({"--predictions", "p.csv"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream lines(text("p.csv"));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 21U);
  EXPECT_EQ(rows[0], "name,label,predicted,probability");
  EXPECT_THAT(rows[1], StartsWith("\"set/test/ant/0, \"\"first\"\".png\",ant,ant,0."));
  EXPECT_THAT(rows[20], StartsWith("set/test/elk/3.png,elk,"));
}

TEST_F(Evaluated, AFailedEvaluationLeavesEarlierPredictions) {
  save(kBandClasses);
  write_text(folder_ / "p.csv", "earlier");
  write_text(folder_ / "set/test/elk/3.png", "no image");
  EXPECT_EQ(eval({"--predictions", "p.csv"}).code, cli::kBadInput);
  EXPECT_EQ(text("p.csv"), "earlier");
}

TEST_F(Evaluated, ThePartIsNamed) {
  save(kBandClasses);
  write_class_folders(folder_ / "set/train", kBandClasses, 2, kBandSide, 3);
  EXPECT_THAT(eval().out, HasSubstr("set, 20 test images"));
  EXPECT_THAT(eval({"--split", "train"}).out, HasSubstr("set, 10 training images"));
  const Outcome absent = eval({"--split", "val"});
  EXPECT_EQ(absent.code, cli::kNotFound);
  EXPECT_EQ(absent.err,
            "alexnet: set has no part val, only train and test; choose with --split train|test\n");
  EXPECT_EQ(eval({"--split", "training"}).code, cli::kWrongUsage);
}

TEST_F(Evaluated, ASetWithoutATestPartIsNoTestSet) {
  save(kBandClasses);
  fs::rename(folder_ / "set/test", folder_ / "flat");
  const Outcome refused = run({"eval", "w.safetensors", "flat"});
  EXPECT_EQ(refused.code, cli::kNotFound);
  EXPECT_EQ(refused.err, "alexnet: flat has no part test, only train; choose with --split train\n");
  const Outcome asked = run({"eval", "w.safetensors", "flat", "--split", "train"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("20 training images\n"));
  const Outcome as_json = run({"eval", "w.safetensors", "flat", "--split", "train", "--json"});
  EXPECT_TRUE(json::parse(as_json.out)["trained_on"].is_null());
}

TEST_F(Evaluated, FilesThatArePassedOverAreCounted) {
  save(kBandClasses);
  for (const char* name : {"1.svg", "2.svg", "3.svg"})
    write_text(folder_ / "set/test/ant" / name, "");
  const Outcome outcome = eval({"--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("left out of the test images: 3 files"), HasSubstr("ant/1.svg")));
  const json left_out = json::parse(outcome.out)["left_out"];
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0]["files"], 3);
}

class EvaluatedRun : public testing::Test {
 protected:
  EvaluatedRun() {
    write_class_folders(folder_ / "flat", {"ant", "bee"}, 20, 64, 1);
    trained_ = run({"train", "flat", "--out", "run", "--image-size", "64", "--batch-size", "8",
                    "--epochs", "1", "--seed", "3", "--no-report"});
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  json eval_json(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"eval", "run", "flat", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  }

  TempFolder folder_;
  Outcome trained_;
};

TEST_F(EvaluatedRun, OnItsOwnDataItIsTheHoldOut) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  const json result = eval_json();
  EXPECT_EQ(result["split"], "val");
  EXPECT_EQ(result["held_out_by_run"], true);
  EXPECT_LT(result["images"], 10);
  json last;
  std::istringstream lines(
      std::string(reinterpret_cast<const char*>(read_bytes(folder_ / "run/metrics.jsonl").data()),
                  fs::file_size(folder_ / "run/metrics.jsonl")));
  for (std::string line; std::getline(lines, line);) last = json::parse(line);
  EXPECT_EQ(result["top1"], last["validation_top1"]);
  EXPECT_NEAR(result["loss"], last["validation_loss"], 1e-5);
  const Outcome told = run({"eval", "run", "flat"});
  EXPECT_THAT(told.err, HasSubstr("note: flat has no test part; evaluating the validation images "
                                  "that the run held out of its training images"));
  EXPECT_THAT(told.out, HasSubstr("validation images that the run held out"));
}

// The images that the run was given for validation are not DATA's.
TEST_F(EvaluatedRun, ImagesGivenForValidationAreCalledTheirDatas) {
  write_class_folders(folder_ / "other", {"ant", "bee"}, 5, 64, 2);
  const Outcome trained = run({"train", "flat", "--val", "other", "--out", "given", "--image-size",
                               "64", "--batch-size", "8", "--epochs", "1", "--no-report"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Outcome told = run({"eval", "given", "flat"});
  EXPECT_THAT(told.err, HasSubstr("note: flat has no test part; evaluating the validation images "
                                  "of other, which the run was given (--val)\n"));
  EXPECT_THAT(told.out, HasSubstr("other, 10 validation images\n"));
  const Outcome asked = run({"eval", "given", "flat", "--split", "val", "--json"});
  EXPECT_THAT(asked.err, HasSubstr("note: flat has no validation part; evaluating"));
  EXPECT_EQ(json::parse(asked.out)["data"], "other");
  EXPECT_EQ(json::parse(asked.out)["given_for_validation"], true);
  EXPECT_EQ(run({"report", "given"}).code, 0);
  const Bytes page = read_bytes(folder_ / "given/report.html");
  const json shown = page_data(std::string(page.begin(), page.end()));
  EXPECT_EQ(shown["evaluation"]["set"]["data"], "other");
}

TEST_F(EvaluatedRun, TrainingImagesAreCalledThat) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  const json held_out = eval_json({"--split", "val"});
  const json training = eval_json({"--split", "train"});
  EXPECT_EQ(training["trained_on"], true);
  EXPECT_EQ(held_out["trained_on"], false);
  EXPECT_EQ(training["images"].get<int>() + held_out["images"].get<int>(), 40);
  EXPECT_THAT(run({"eval", "run", "flat", "--split", "train"}).out,
              HasSubstr("training images (the network was trained on them)"));
}

TEST_F(EvaluatedRun, NothingIsCalledHeldOutOnceTheDataChanged) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  fs::copy_file(folder_ / "flat/ant/0.png", folder_ / "flat/ant/new.png");
  const Outcome resumed = run({"train", "--resume", "--out", "run", "--epochs", "2",
                               "--accept-data-change", "--no-report"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(eval_json()["held_out_by_run"], false);
  EXPECT_TRUE(eval_json()["trained_on"].is_null());
  EXPECT_THAT(run({"eval", "run", "flat"}).err,
              HasSubstr("evaluating the validation images (the run may have learned from some, as "
                        "its data changed)"));
}

TEST_F(EvaluatedRun, ChangedDataIsCalledThat) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  fs::copy_file(folder_ / "flat/ant/0.png", folder_ / "flat/ant/new.png");
  for (const std::string& data : {std::string("flat"), (folder_ / "flat").string()}) {
    const Outcome refused = run({"eval", "run", data});
    EXPECT_EQ(refused.code, cli::kNotFound);
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("flat has no test part, and it has changed since the run was "
                                "trained on it"),
                      HasSubstr("(ant 20, now 21)")));
  }
  EXPECT_TRUE(eval_json({"--split", "train"})["trained_on"].is_null());
}

TEST_F(EvaluatedRun, OtherDataNeedsItsPartNamed) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  fs::copy(folder_ / "flat", folder_ / "other", fs::copy_options::recursive);
  fs::remove(folder_ / "other/ant/3.png");
  const Outcome refused = run({"eval", "run", "other"});
  EXPECT_EQ(refused.code, cli::kNotFound);
  EXPECT_THAT(refused.err,
              HasSubstr("other has no part test, only train; choose with --split train"));
  const Outcome asked = run({"eval", "run", "other", "--split", "train"});
  EXPECT_THAT(asked.out, HasSubstr("39 training images\n"));
}

TEST_F(EvaluatedRun, ReportSaysWhatItsImagesAre) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  const Outcome outcome = run({"report", "run", "--data", "flat"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const Bytes bytes = read_bytes(folder_ / "run/report.html");
  EXPECT_THAT(std::string(bytes.begin(), bytes.end()),
              HasSubstr("validation images that the run held out"));
  EXPECT_EQ(run({"report", "run", "--data", "flat", "--split", "test"}).code, cli::kNotFound);
}

// A folder's name may be any bytes, such as Latin-1.
TEST(ClassesOfAnyBytes, AreKnownAgain) {
  const TempFolder folder;
  write_class_folders(folder / "flat", {"caf\xE9", "th\xE9", "caf\xE8"}, 8, 64, 1);
  const auto run = [&](const std::vector<std::string>& words) {
    return run_program(words, folder.path());
  };
  const Outcome trained = run({"train", "flat", "--out", "run", "--image-size", "64",
                               "--batch-size", "8", "--epochs", "1", "--no-report"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Outcome resumed =
      run({"train", "--resume", "--out", "run", "--epochs", "2", "--no-report"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const Outcome evaluated = run({"eval", "run", "flat", "--split", "train", "--json"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  const json result = json::parse(evaluated.out);
  EXPECT_EQ(result["classes_compared_by"], "name");
  EXPECT_EQ(result["unknown_classes"], json::array());
  EXPECT_EQ(result["classes"][0]["name"], "caf\\xE8");
  EXPECT_EQ(result["classes"][1]["name"], "caf\\xE9");
  EXPECT_GT(result["classes"][1]["images"], 0);
}

}  // namespace
}  // namespace alexnet::test
