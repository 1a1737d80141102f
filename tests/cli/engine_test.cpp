// --engine, in every command that computes: what the reference engine answers, the cpu engine does.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.h"
#include "report/html.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Pointwise;

class EngineOption : public testing::Test {
 protected:
  EngineOption() {
    write_idx_dataset(folder_ / "data", 60, 10, 1);
    save_model(folder_ / "small.safetensors", small_model());
    write_png(folder_ / "one.png", pattern(3, 28, 1, 5, 1));
  }

  Outcome run(std::vector<std::string> arguments, const char* engine) const {
    arguments.insert(arguments.end(), {"--engine", engine});
    Outcome outcome = run_program(arguments, folder_.path());
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
  }
  json run_json(std::vector<std::string> arguments, const char* engine) const {
    arguments.emplace_back("--json");
    return json::parse(run(arguments, engine).out);
  }
  Outcome train(const std::string& out, const char* engine,
                const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"train",        "data", "--finetune",  "small.safetensors",
                                   "--batch-size", "8",    "--max-steps", "3",
                                   "--out",        out};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, engine);
  }
  std::string text(const std::string& file) const {
    const Bytes bytes = read_bytes(folder_ / file);
    return {bytes.begin(), bytes.end()};
  }
  json config(const std::string& run) const { return json::parse(text(run + "/config.json")); }
  /// The first epoch's line of metrics.jsonl.
  json epoch(const std::string& run) const {
    std::istringstream lines(text(run + "/metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      json event = json::parse(line);
      if (event["event"] == "epoch") return event;
    }
    return {};
  }

  TempFolder folder_;
};

TEST_F(EngineOption, OfEval) {
  const json fast = run_json({"eval", "small.safetensors", "data"}, "cpu");
  const json slow = run_json({"eval", "small.safetensors", "data"}, "reference");
  EXPECT_NEAR(fast["loss"], slow["loss"], 1e-5);
  EXPECT_NE(fast["loss"], slow["loss"]) << "these cannot be two engines";
  EXPECT_EQ(fast["confusion"], slow["confusion"]);
}

TEST_F(EngineOption, OfPredict) {
  const auto best = [&](const char* engine) {
    return run_json({"predict", "small.safetensors", "one.png"}, engine)["predictions"][0]["top"];
  };
  const json fast = best("cpu");
  const json slow = best("reference");
  ASSERT_EQ(slow.size(), 5U);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    EXPECT_EQ(fast[i]["index"], slow[i]["index"]);
    EXPECT_NEAR(fast[i]["probability"], slow[i]["probability"], 1e-5);
  }
  EXPECT_NE(fast, slow) << "these cannot be two engines";
}

TEST_F(EngineOption, OfExplain) {
  const auto page = [&](const char* engine) {
    run({"explain", "small.safetensors", "one.png", "--out", engine}, engine);
    return page_data(text(std::string(engine) + "/explain.html"))["images"][0];
  };
  const json fast = page("cpu");
  const json slow = page("reference");
  EXPECT_NEAR(fast["top"][0]["probability"], slow["top"][0]["probability"], 1e-5);
  EXPECT_NE(fast["top"], slow["top"]) << "these cannot be two engines";
  for (const char* file : {"one-grad-cam-1.png", "one-occlusion-1.png", "one-conv1.png"}) {
    const Image expected = read_image(folder_ / "reference" / file, 3);
    const Image got = read_image(folder_ / "cpu" / file, 3);
    const auto as_rounded = testing::Truly([](const auto& pair) {
      constexpr int kRounding = 2;
      return std::abs(std::get<0>(pair) - std::get<1>(pair)) <= kRounding;
    });
    EXPECT_THAT(got.pixels, Pointwise(as_rounded, expected.pixels)) << file;
  }
}

TEST_F(EngineOption, OfFeaturesAndSearch) {
  const auto nearest = [&](const char* engine) {
    const std::string index = std::string(engine) + ".npy";
    run({"features", "small.safetensors", "data", "--layer", "conv1", "--out", index}, engine);
    return run_json({"search", index, "one.png", "--count", "3"}, engine)["results"][0]["nearest"];
  };
  const json fast = nearest("cpu");
  const json slow = nearest("reference");
  ASSERT_EQ(slow.size(), 3U);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    EXPECT_EQ(fast[i]["row"], slow[i]["row"]);
    EXPECT_NEAR(fast[i]["distance"], slow[i]["distance"], 1e-4 * slow[i]["distance"].get<double>());
  }
  EXPECT_NE(read_bytes(folder_ / "cpu.npy"), read_bytes(folder_ / "reference.npy"))
      << "these cannot be two engines";
}

TEST_F(EngineOption, OfTrainAndItsReport) {
  train("fast", "cpu");
  train("slow", "reference");
  EXPECT_EQ(config("fast")["engine"], "cpu");
  EXPECT_EQ(config("slow")["engine"], "reference");
  for (const char* loss : {"loss", "validation_loss"}) {
    EXPECT_NEAR(epoch("fast")[loss], epoch("slow")[loss], 1e-4) << loss;
    EXPECT_NE(epoch("fast")[loss], epoch("slow")[loss]) << "these cannot be two engines";
  }
  const auto implementation = [&](const std::string& page) {
    return page_data(text(page))["network"]["layers"][0]["implementation"];
  };
  EXPECT_EQ(implementation("slow/report.html"), "reference");  // the run's
  EXPECT_NE(implementation("fast/report.html"), "reference");
  run({"report", "fast", "--out", "page.html"}, "reference");
  EXPECT_EQ(implementation("page.html"), "reference");
  EXPECT_NEAR(page_data(text("page.html"))["evaluation"]["loss"],
              page_data(text("fast/report.html"))["evaluation"]["loss"], 1e-5);
}

TEST_F(EngineOption, ARunRecordsWhatItsEngineDependsOn) {
  train("fast", "cpu", {"--no-report"});
  train("slow", "reference", {"--no-report"});
  for (const char* key : {"onednn", "simd"}) {
    EXPECT_TRUE(config("fast")["made_with"].contains(key)) << key;
    EXPECT_FALSE(config("slow")["made_with"].contains(key)) << key;
  }
}

TEST_F(EngineOption, ARunGoesOnWithTheEngineThatBeganIt) {
  train("run", "reference", {"--no-report"});
  const Outcome other =
      run_program({"train", "--resume", "--out", "run", "--engine", "cpu"}, folder_.path());
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("cannot resume with another engine"));
  EXPECT_EQ(run_program({"train", "--resume", "--out", "run"}, folder_.path()).code, 0);
}

TEST_F(EngineOption, ARunThatNamesNoneHasTheCpuEngine) {
  train("run", "cpu", {"--no-report"});
  json earlier = config("run");
  earlier.erase("engine");
  write_text(folder_ / "run/config.json", earlier.dump());
  const std::vector<std::string> resume{"train", "--resume", "--out", "run", "--engine"};
  const auto code = [&](const char* engine) {
    std::vector<std::string> words = resume;
    words.emplace_back(engine);
    return run_program(words, folder_.path()).code;
  };
  EXPECT_EQ(code("cpu"), 0);
  EXPECT_EQ(code("reference"), 1);
}

TEST_F(EngineOption, OfInfo) {
  const json info = run_json({"info", "small.safetensors", "--plan"}, "reference");
  EXPECT_EQ(info["run"]["engine"], "reference");
  EXPECT_GT(info["run"]["ms_at_limit"], 0);
  for (const json& layer : info["plan"]) {
    EXPECT_EQ(layer["implementation"], "reference");
    EXPECT_EQ(layer["multiply_adds_computed"], layer["multiply_adds"]);
    EXPECT_GT(layer["ms"], 0);
    EXPECT_GT(layer["megabytes"], 0);
  }
  const std::string table = run({"info", "small.safetensors", "--plan"}, "reference").out;
  EXPECT_THAT(table, HasSubstr("batch 1, fp32, reference engine, "));
}

TEST_F(EngineOption, OfBench) {
  for (const bool train : {false, true}) {
    std::vector<std::string> words{"bench", "--image-size", "63", "--batch", "1"};
    if (train) words.emplace_back("--train");
    const json fast = run_json(words, "cpu");
    const json slow = run_json(words, "reference");
    EXPECT_EQ(fast["engine"], "cpu");
    EXPECT_EQ(slow["engine"], "reference");
    const auto multiply_adds = [](const json& result) {
      return result["gflops_direct"].get<double>() * result["ms"].get<double>();
    };
    EXPECT_NEAR(multiply_adds(slow) / multiply_adds(fast), 1, 1e-6);
    if (train) continue;
    // The reference computes what layers are by definition, the other less.
    const double direct = slow["gflops_direct"];
    EXPECT_NEAR(slow["gflops"], direct, 1e-6 * direct);
    EXPECT_LT(fast["gflops"], fast["gflops_direct"]);
  }
}

struct Use {
  const char* command;
  std::vector<std::string> arguments;
};

class EveryCommandThatComputes : public testing::TestWithParam<Use> {};

TEST_P(EveryCommandThatComputes, RefusesAnUnknownEngine) {
  std::vector<std::string> words{GetParam().command};
  words.insert(words.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  words.insert(words.end(), {"--engine", "gpu"});
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--engine: gpu is not one of cpu, reference"));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
}

INSTANTIATE_TEST_SUITE_P(Commands, EveryCommandThatComputes,
                         testing::Values(Use{"train", {"data"}}, Use{"eval", {"weights", "data"}},
                                         Use{"predict", {"weights", "image"}},
                                         Use{"explain", {"weights", "image"}},
                                         Use{"features", {"weights", "data", "--out", "x.npy"}},
                                         Use{"search", {"x.npy", "image"}},
                                         Use{"serve", {"weights"}}, Use{"report", {"run"}},
                                         Use{"info", {"alexnet", "--plan"}}, Use{"bench", {}}),
                         [](const auto& test) { return std::string(test.param.command); });

}  // namespace
}  // namespace alexnet::test
