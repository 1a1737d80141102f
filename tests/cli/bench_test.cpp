#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json bench(std::vector<std::string> options) {
  std::vector<std::string> arguments{"bench", "--image-size", "63", "--threads", "1", "--json"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Outcome outcome = run_program(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  return json::parse(outcome.out);
}

json network_at_63_pixels() {
  return json::parse(run_program({"info", "alexnet", "--image-size", "63", "--json"}).out);
}

// Of one run, from its rate.
double amount(const json& result, const char* rate) {
  return 1e6 * result[rate].get<double>() * result["ms"].get<double>();
}

TEST(BenchCommand, FiguresFitTogether) {
  const json result = bench({"--batch", "2"});
  EXPECT_EQ(result["model"], "alexnet");
  EXPECT_EQ(result["input"], (json{3, 63, 63}));
  EXPECT_EQ(result["batch"], 2);
  EXPECT_EQ(result["threads"], 1);
  EXPECT_EQ(result["precision"], "fp32");
  EXPECT_EQ(result["train"], false);
  EXPECT_GE(result["runs"], 5);
  EXPECT_LE(result["ms_p10"], result["ms"]);
  EXPECT_LE(result["ms_p10"], result["ms_mean"]);
  EXPECT_LE(result["ms"], result["ms_p90"]);
  EXPECT_GT(result["compile_ms"], 0);
  EXPECT_GT(result["peak_memory_megabytes"], 4 * 57);
  const double ms = result["ms"];
  EXPECT_NEAR(result["images_per_second"], 2000 / ms, 1e-6 * 2000 / ms);
  const double products = network_at_63_pixels()["multiply_adds"];
  EXPECT_NEAR(amount(result, "gflops_direct"), 2 * 2 * products, 1e3);
  EXPECT_LE(result["gflops"], result["gflops_direct"]);
  const double share = result["share_of_peak"];
  const double peak = result["machine"]["gflops"];
  EXPECT_NEAR(share * peak, result["gflops"], 1e-9 * peak);
  const double share_of_bandwidth = result["share_of_bandwidth"];
  const double bandwidth = result["machine"]["gigabytes_per_second"];
  EXPECT_NEAR(share_of_bandwidth * bandwidth, result["gigabytes_per_second"], 1e-9 * bandwidth);
  EXPECT_GT(result["machine"]["l2_gigabytes_per_second"], 0);
  double at_least = 0;
  for (const auto& [resource, spent] : result["ms_limited_by"].items()) {
    EXPECT_THAT(resource, AnyOf("arithmetic", "L2", "L3", "memory"));
    at_least += spent.get<double>();
  }
  EXPECT_GT(at_least, result["gflops"].get<double>() / peak * ms * 0.999);
}

TEST(BenchCommand, TrainingCountsGradientsAndUpdate) {
  const json result = bench({"--train", "--batch", "2"});
  EXPECT_EQ(result["train"], true);
  const json net = network_at_63_pixels();
  const double products = net["multiply_adds"];
  const double first = net["layers"][0]["multiply_adds"];
  EXPECT_NEAR(amount(result, "gflops_direct"), 2 * 2 * (3 * products - first), 1e4);
  const double parameters = net["parameters"];
  EXPECT_GT(amount(result, "gigabytes_per_second"), 7 * 4 * parameters);
}

TEST(BenchCommand, TrainsInBf16) {
  const json result = bench({"--train", "--batch", "2", "--precision", "bf16"});
  EXPECT_EQ(result["train"], true);
  EXPECT_EQ(result["precision"], "bf16");
}

TEST(BenchCommand, LowerPrecisionMovesFewerBytes) {
  const double fp32 = amount(bench({}), "gigabytes_per_second");
  const double fp16 = amount(bench({"--precision", "fp16"}), "gigabytes_per_second");
  const double int8 = amount(bench({"--precision", "int8"}), "gigabytes_per_second");
  const double bf16 = amount(bench({"--precision", "bf16"}), "gigabytes_per_second");
  EXPECT_NEAR(fp16 / fp32, 0.5, 0.03);
  EXPECT_NEAR(bf16 / fp32, 0.5, 0.03);
  EXPECT_LT(int8, 0.4 * fp32);
}

TEST(BenchCommand, PrintsAFewLines) {
  const Outcome outcome = run_program({"bench", "--image-size", "63", "--threads", "1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr(
                "alexnet, 3x63x63, 1000 classes: inference, batch 1, fp32, cpu engine, 1 thread"),
            HasSubstr("median of"), HasSubstr("mean "), HasSubstr("images/s"), HasSubstr("GFLOP/s"),
            HasSubstr("GB/s from L2"), HasSubstr(" ms at least, layer by layer: "),
            HasSubstr("to compile")));
}

}  // namespace
}  // namespace alexnet::test
