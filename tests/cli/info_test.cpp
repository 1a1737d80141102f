#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "cli/text.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(InfoCommand, ListsLayersAndTotals) {
  const Outcome outcome = run_program({"info", "alexnet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("features.0"), HasSubstr("64 @ 11x11, stride 4"),
                    HasSubstr("(64, 55, 55)"), HasSubstr("61,100,840"), HasSubstr("714,188,480")));
}

TEST(InfoCommand, PrintsOneJsonObject) {
  const Outcome outcome = run_program({"info", "alexnet", "--in-channels", "1", "--classes", "10",
                                       "--image-size", "64", "--plan", "--json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  const json info = json::parse(outcome.out);
  EXPECT_EQ(info["parameters"], 57'029'322);
  EXPECT_EQ(info["classes"], 10);
  EXPECT_EQ(info["input"], (json{1, 64, 64}));
  EXPECT_EQ(info["layers"].size(), 23U);
  EXPECT_EQ(info["layers"][0]["parameters"], 7808);
  EXPECT_FALSE(info["plan"].empty());
}

// What the layer's resource needs for it.
double ms_at_limit(const json& layer, const json& machine) {
  const json& traffic = layer["traffic_megabytes"];
  const std::string by = layer["limited_by"];
  const auto ratio = [](const json& amount, const json& rate) {
    return amount.get<double>() / rate.get<double>();
  };
  if (by == "L2") return ratio(traffic["l2"], machine["l2_gigabytes_per_second"]);
  if (by == "L3") return ratio(traffic["l3"], machine["l3_gigabytes_per_second"]);
  if (by == "memory") return ratio(traffic["memory"], machine["gigabytes_per_second"]);
  const double bf16 = layer["multiply_adds_in_bf16"];
  const double int8 = layer["multiply_adds_in_int8"];
  const double float32 = layer["multiply_adds_computed"].get<double>() - bf16 - int8;
  const double gflops = machine["gflops"];
  return 2e-6 * (float32 / gflops + bf16 / machine.value("bf16_gflops", gflops) +
                 int8 / machine.value("int8_gflops", gflops));
}

class MeasuredPlan : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Precisions, MeasuredPlan, testing::Values("fp16", "bf16", "int8"));

TEST_P(MeasuredPlan, SaysWhatLimitsEachLayer) {
  const Outcome outcome = run_program({"info", "alexnet", "--image-size", "63", "--plan", "--batch",
                                       "2", "--threads", "1", "--precision", GetParam(), "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json info = json::parse(outcome.out);
  EXPECT_EQ(info["run"]["batch"], 2);
  EXPECT_EQ(info["run"]["threads"], 1);
  EXPECT_EQ(info["run"]["precision"], GetParam());
  EXPECT_GE(info["run"]["runs"], 5);
  EXPECT_GT(info["machine"]["gflops"], 0);
  ASSERT_EQ(info["plan"].size(), info["layers"].size());
  std::int64_t multiply_adds = 0;
  std::int64_t narrow = 0;
  for (const json& layer : info["plan"]) {
    multiply_adds += layer["multiply_adds"].get<std::int64_t>();
    if (layer["multiply_adds_in_int8"] == 0) {  // bytes are multiplied with what fills up too
      EXPECT_LE(layer["multiply_adds_computed"], layer["multiply_adds"]) << layer;
    }
    narrow += layer["multiply_adds_in_bf16"].get<std::int64_t>() +
              layer["multiply_adds_in_int8"].get<std::int64_t>();
    EXPECT_EQ(layer["ms"] > 0, layer["megabytes"] > 0) << layer;
    const json& traffic = layer["traffic_megabytes"];
    if (layer["multiply_adds"] == 0) continue;
    EXPECT_GT(layer["ms_at_limit"], 0) << layer;
    EXPECT_GT(traffic["l2"], 0) << layer;
    EXPECT_LE(traffic["l3"], traffic["l2"]) << layer;
    EXPECT_LE(traffic["memory"], traffic["l3"]) << layer;
    EXPECT_NEAR(layer["ms_at_limit"], ms_at_limit(layer, info["machine"]), 1e-9) << layer;
  }
  EXPECT_EQ(multiply_adds, 2 * info["multiply_adds"].get<std::int64_t>());
  EXPECT_EQ(narrow > 0, info["machine"].contains(fmt::format("{}_gflops", GetParam())));
  EXPECT_GT(info["run"]["ms"], 0);
}

TEST(InfoCommand, SaysWhatRanksSend) {
  const std::vector<std::string> info{"info",    "alexnet", "--image-size", "63", "--batch", "8",
                                      "--ranks", "4",       "--bandwidth",  "2"};
  const Outcome text = run_program(info);
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("training by 4 ranks, batches of 8 images in 4 parts"),
                              HasSubstr("rows, 1,024 a rank"), HasSubstr("seconds at 2 Gbit/s")));
  std::vector<std::string> with_json = info;
  with_json.emplace_back("--json");
  const json ranks = json::parse(run_program(with_json).out)["ranks"];
  EXPECT_EQ(ranks["parts"], 4);
  ASSERT_EQ(ranks["layers"].size(), 8U);
  EXPECT_EQ(ranks["layers"][0]["divided_by"], "images");
  EXPECT_EQ(ranks["layers"][5]["divided_by"], "rows");
  EXPECT_EQ(ranks["layers"][5]["rows"], 1024);
  std::int64_t bytes = 0;
  for (const json& layer : ranks["layers"]) bytes += layer["hybrid_bytes"].get<std::int64_t>();
  EXPECT_DOUBLE_EQ(ranks["hybrid"]["seconds"], static_cast<double>(bytes) * 8 / 2e9);
  EXPECT_LT(ranks["hybrid"]["megabytes"], ranks["data"]["megabytes"]);
  EXPECT_THAT(run_program({"info", "alexnet", "--batch", "2"}).err, HasSubstr("give one of them"));
  EXPECT_THAT(run_program({"info", "alexnet", "--ranks", "2"}).out,
              HasSubstr("2 ranks, batches of 64 images in 2 parts"));
  EXPECT_THAT(run_program({"info", "alexnet", "--ranks", "4", "--batch", "3"}).err,
              HasSubstr("4 ranks cannot share batches of 3 images in 4 parts"));
}

TEST(InfoCommand, PrintsThePlanWithinAHundredColumns) {
  for (const auto& [precision, network] :
       {std::pair{"fp16", std::vector<std::string>{"alexnet-2012"}},
        std::pair{"bf16", std::vector<std::string>{"alexnet", "--image-size", "64"}}}) {
    std::vector<std::string> arguments{"info", "--plan",      "--threads",
                                       "1",    "--precision", precision};
    arguments.insert(arguments.end(), network.begin(), network.end());
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const std::string plan = outcome.out.substr(
        outcome.out.find(fmt::format("batch 1, {}, cpu engine, 1 thread,", precision)));
    EXPECT_THAT(plan,
                AllOf(HasSubstr("GFLOP/s"), HasSubstr("GB/s from L2"), ContainsRegex("share  by"),
                      ContainsRegex("memory\n"), HasSubstr("features.0 Conv"), HasSubstr("total"),
                      HasSubstr("with features.0")));
    std::istringstream lines(plan);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(cli::display_width(line), 100U) << line;
  }
}

TEST(InfoCommand, SaysWhatIsWrong) {
  const Outcome unknown = run_program({"info", "vgg"});
  EXPECT_EQ(unknown.code, cli::kNotFound);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("'vgg'"), HasSubstr("alexnet-2012")));
  const Outcome small = run_program({"info", "alexnet", "--image-size", "62"});
  EXPECT_EQ(small.code, cli::kBadInput);
  EXPECT_EQ(
      small.err,
      "alexnet: the network alexnet: layer features.12 (MaxPool) cannot take (256, 2, 2): its "
      "3x3 window does not fit; use a larger image, of at least 63 x 63 pixels\n");
}

}  // namespace
}  // namespace alexnet::test
