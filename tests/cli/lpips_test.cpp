// lpips, and convert --trunk that makes its weights, as users run them.
#include <alexnet/lpips.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "core/file.h"
#include "infer/npy.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using namespace cli;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

Model trunk() {
  Model model{.architecture = make_alexnet_trunk()};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  return model;
}

class LpipsCommand : public testing::Test {
 protected:
  LpipsCommand() {
    save_trunk(folder_ / "trunk.safetensors", trunk());
    for (int i = 0; i < 3; ++i) picture("a", i, 64);
    for (int i = 1; i < 4; ++i) picture("b", i, 64);
  }
  ~LpipsCommand() override { unsetenv("ALEXNET_WEIGHTS"); }

  // Those of folder b differ from those of a.
  fs::path picture(const std::string& folder, int label, int side) const {
    fs::path file = folder_ / folder / (std::to_string(label) + ".png");
    write_png(file, pattern(label, side, 3, folder == "a" ? 1 : 2, 0));
    return file;
  }
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "lpips");
    arguments.insert(arguments.end(), {"--weights", "trunk.safetensors"});
    return run_program(arguments, folder_.path());
  }
  double distance(const fs::path& reference, const fs::path& image) const {
    return Lpips(trunk()).distance(read_image(reference, 3), read_image(image, 3)).distance;
  }

  TempFolder folder_;
};

TEST_F(LpipsCommand, PrintsALineForEachImage) {
  const Outcome outcome = run({"a/0.png", "a/0.png", "a/1.png", "b"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string second =
      fmt::format("{:.6f}  a/1.png\n", distance(folder_ / "a/0.png", folder_ / "a/1.png"));
  EXPECT_THAT(outcome.out, StartsWith("0.000000  a/0.png\n" + second));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("b/1.png"), HasSubstr("b/2.png"), HasSubstr("b/3.png")));
}

TEST_F(LpipsCommand, FoldersAreComparedByName) {
  const Outcome outcome = run({"a", "b", "--csv", "out.csv", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("a/0.png has no partner"), HasSubstr("b/3.png has no partner")));
  const json all = json::parse(outcome.out);
  ASSERT_EQ(all["distances"].size(), 2U);
  EXPECT_EQ(all["distances"][1]["reference"], "a/2.png");
  EXPECT_EQ(all["distances"][1]["image"], "b/2.png");
  const double first = distance(folder_ / "a/1.png", folder_ / "b/1.png");
  const double second = distance(folder_ / "a/2.png", folder_ / "b/2.png");
  EXPECT_EQ(all["distances"][0]["distance"], first);
  EXPECT_EQ(all["alone"], json({"a/0.png", "b/3.png"}));
  EXPECT_NEAR(all["summary"]["mean"].get<double>(), (first + second) / 2, 1e-12);
  EXPECT_NEAR(all["summary"]["median"].get<double>(), (first + second) / 2, 1e-12);
  EXPECT_EQ(all["summary"]["worst"], std::max(first, second));
  EXPECT_THAT(read_text_file(folder_ / "out.csv"),
              AllOf(StartsWith("reference,image,distance,conv1,conv2,conv3,conv4,conv5\n"),
                    HasSubstr(fmt::format("a/1.png,b/1.png,{},", first))));
  EXPECT_THAT(run({"a", "b"}).out, HasSubstr("2 pairs: mean "));
}

TEST_F(LpipsCommand, EveryPairIsComparedOnce) {
  const Outcome outcome = run({"a", "--all-pairs"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("a/0.png  a/1.png\n"), HasSubstr("a/0.png  a/2.png\n"),
                                 HasSubstr("a/1.png  a/2.png\n")));
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 3);
}

TEST_F(LpipsCommand, FailsAboveALimitAndSaysWhich) {
  const double limit = distance(folder_ / "a/0.png", folder_ / "a/1.png") / 2;
  const Outcome outcome =
      run({"a/0.png", "a/0.png", "a/1.png", "--fail-above", std::to_string(limit)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("alexnet: a/1.png is 0."),
                                 HasSubstr("from a/0.png, above"), Not(HasSubstr("a/0.png is "))));
  EXPECT_EQ(run({"a/0.png", "a/0.png", "--fail-above", "0"}).code, 0);
}

TEST_F(LpipsCommand, AMapIsAPictureAndItsValues) {
  const Outcome outcome = run({"a/0.png", "b/1.png", "--map", "map.png"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Image picture = read_image(folder_ / "map.png", 3);
  EXPECT_GT(picture.height, 64);  // the scale is below
  const NpyFile values(folder_ / "map.npy", "<f4");
  EXPECT_EQ(values.shape(), (Shape{64, 64}));
  const Tensor map =
      Lpips(trunk()).map(read_image(folder_ / "a/0.png", 3), read_image(folder_ / "b/1.png", 3));
  EXPECT_EQ(std::memcmp(values.elements().data(), map.data(), values.elements().size()), 0);
  EXPECT_EQ(run({"a/0.png", "a/1.png", "b/1.png", "--map", "x.png"}).code, kWrongUsage);
  EXPECT_EQ(run({"a/0.png", "a/1.png", "--map", "x.jpg"}).code, kWrongUsage);
}

TEST_F(LpipsCommand, OtherSizesAreRefusedOrResized) {
  picture("large", 1, 100);
  picture("small", 1, 9);
  Outcome outcome = run({"a/0.png", "large/1.png", "a/1.png"});
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("a/0.png has 64x64 pixels and large/1.png has 100x100"));
  EXPECT_THAT(outcome.out, HasSubstr("a/1.png"));  // the others go on
  EXPECT_EQ(run({"a/0.png", "large/1.png", "--resize"}).code, 0);
  outcome = run({"small/1.png", "small/1.png"});
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("use a larger image"));
}

TEST_F(LpipsCommand, VersionsAndEpsilonsHaveTheirOwnNumbers) {
  const std::string usual = run({"a/0.png", "b/1.png"}).out;
  EXPECT_NE(run({"a/0.png", "b/1.png", "--lpips-version", "0.0"}).out, usual);
  const json torchmetrics =
      json::parse(run({"a/0.png", "b/1.png", "--epsilon", "torchmetrics", "--json"}).out);
  EXPECT_EQ(torchmetrics["epsilon"], "torchmetrics");
  EXPECT_EQ(torchmetrics["version"], "0.1");
}

TEST_F(LpipsCommand, WeightsMayComeFromTheEnvironment) {
  const std::vector<std::string> words{"lpips", "a/0.png", "a/1.png"};
  const Outcome none = run_program(words, folder_.path());
  EXPECT_EQ(none.code, kNotFound);
  EXPECT_THAT(none.err, HasSubstr("alexnet-owt-7be5be79.pth"));
  setenv("ALEXNET_WEIGHTS", "trunk.safetensors", 1);
  EXPECT_EQ(run_program(words, folder_.path()).code, 0);
}

TEST_F(LpipsCommand, ATrunkOfWholeWeightsGivesTheSame) {
  Model model{.architecture = make_alexnet({.classes = 2})};
  model.parameters = initialize(model.architecture, Initializer::he, 4);
  model.classes = {"a", "b"};
  for (const char* whole : {"whole.pth", "whole.safetensors"}) {
    save_model(folder_ / whole, model);
    for (const char* alone : {"alone.pth", "alone.safetensors"}) {
      const Outcome outcome = run_program({"convert", whole, alone, "--trunk"}, folder_.path());
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_NEAR(static_cast<double>(fs::file_size(folder_ / alone)), 9.88e6, 2e4);
      const auto with = [&](const std::string& weights) {
        return run_program({"lpips", "a/0.png", "b/1.png", "--weights", weights}, folder_.path())
            .out;
      };
      EXPECT_FALSE(with(alone).empty());
      EXPECT_EQ(with(alone), with(whole));
    }
  }
  const Outcome refused =
      run_program({"convert", "whole.pth", "x.onnx", "--trunk"}, folder_.path());
  EXPECT_EQ(refused.code, kUnsupported);
}

}  // namespace
}  // namespace alexnet::test
