// lpips, and convert --trunk that makes its weights, as users run them.
#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/safetensors.h>
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
#include "support/paths.h"
#include "support/temp_data.h"
#include "support/trunk_model.h"

namespace alexnet::test {
namespace {

using namespace cli;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class LpipsCommand : public testing::Test {
 protected:
  LpipsCommand() {
    forget_environment();
    save_trunk(folder_ / "trunk.safetensors", test::trunk());
    for (int i = 0; i < 3; ++i) picture("a", i, 64);
    for (int i = 1; i < 4; ++i) picture("b", i, 64);
  }
  ~LpipsCommand() override { forget_environment(); }

  static void forget_environment() {
    unsetenv("ALEXNET_WEIGHTS");
    unsetenv("ALEXNET_DATA");
  }
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
    return Lpips(test::trunk()).distance(read_image(reference, 3), read_image(image, 3)).distance;
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
  const std::string worst = first > second ? "1.png" : "2.png";
  EXPECT_EQ(all["summary"]["worst_reference"], fmt::format("a/{}", worst));
  EXPECT_EQ(all["summary"]["worst_image"], fmt::format("b/{}", worst));
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

// A renderer that made no picture passes no test.
TEST_F(LpipsCommand, FailsWhereAReferenceHasNoPartner) {
  const std::vector<std::string> words{"a", "b", "--fail-above", "1000"};
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("alexnet: a/0.png has no partner of its name"),
                                 HasSubstr("note: b/3.png has no partner")));
  fs::remove(folder_ / "a/0.png");
  EXPECT_EQ(run(words).code, 0);
}

TEST_F(LpipsCommand, AMissingReferenceIsOneError) {
  Outcome outcome = run({"none.png", "a/0.png", "a/1.png"});
  EXPECT_EQ(outcome.code, kNotFound);
  EXPECT_THAT(outcome.err, HasSubstr("alexnet: there is no none.png"));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
  EXPECT_EQ(run({"a", "none"}).code, kNotFound);
  outcome = run({"a/0.png", "none.png", "a/1.png"});  // the others go on
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_THAT(outcome.out, HasSubstr("a/1.png"));
}

TEST_F(LpipsCommand, ADamagedReferenceIsToldOfOnce) {
  write_text(folder_ / "bad.png", "no picture");
  const Outcome outcome = run({"bad.png", "a/0.png", "a/1.png", "--json"});
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_EQ(json::parse(outcome.out)["failures"].size(), 2U);
  EXPECT_EQ(outcome.err.find("alexnet: "), outcome.err.rfind("alexnet: "));
}

TEST_F(LpipsCommand, TransparentPixelsAreNamed) {
  const std::string alpha = tests_folder() / "data/image/fixtures/alpha.png";
  const Outcome outcome = run({"a/0.png", alpha, "b/1.png", "--resize", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("alpha.png has transparent pixels; the network sees"));
  const json distances = json::parse(outcome.out)["distances"];
  EXPECT_EQ(distances[0]["transparent_image"], true);
  EXPECT_EQ(distances[0]["transparent_reference"], false);
  EXPECT_EQ(distances[1]["transparent_image"], false);
}

TEST_F(LpipsCommand, TooManyPairsAreRefused) {
  std::vector<std::string> words(2002, "a/0.png");
  words.emplace_back("--all-pairs");
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("2,002 images are 2,003,001 pairs"));
}

TEST_F(LpipsCommand, AMapIsAPictureAndItsValues) {
  const Outcome outcome = run({"a/0.png", "b/1.png", "--map", "map.png"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Image picture = read_image(folder_ / "map.png", 3);
  EXPECT_GT(picture.height, 64);  // the scale is below
  const NpyFile values(folder_ / "map.npy", "<f4");
  EXPECT_EQ(values.shape(), (Shape{64, 64}));
  const Tensor map =
      Lpips(test::trunk())
          .map(read_image(folder_ / "a/0.png", 3), read_image(folder_ / "b/1.png", 3));
  EXPECT_EQ(std::memcmp(values.elements().data(), map.data(), values.elements().size()), 0);
  EXPECT_EQ(outcome.out,
            fmt::format("{:.6f}  b/1.png\n", distance(folder_ / "a/0.png", folder_ / "b/1.png")));
  EXPECT_EQ(run({"a/0.png", "a/1.png", "b/1.png", "--map", "x.png"}).code, kWrongUsage);
  EXPECT_EQ(run({"a/0.png", "a/1.png", "--map", "x.jpg"}).code, kWrongUsage);
}

TEST_F(LpipsCommand, AMapOverwritesNoneOfItsImages) {
  const Bytes before = read_bytes(folder_ / "b/1.png");
  for (const char* map : {"b/1.png", "a/../a/0.png"}) {
    const Outcome outcome = run({"a/0.png", "b/1.png", "--map", map});
    EXPECT_EQ(outcome.code, kWrongUsage);
    EXPECT_THAT(outcome.err, HasSubstr("would overwrite"));
  }
  EXPECT_EQ(read_bytes(folder_ / "b/1.png"), before);
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
  unsetenv("ALEXNET_WEIGHTS");
  setenv("ALEXNET_DATA", "data", 1);
  EXPECT_EQ(run_program(words, folder_.path()).code, kNotFound);
  fs::create_directory(folder_ / "data");
  save_trunk(folder_ / "data/alexnet-owt-7be5be79.pth", test::trunk());
  EXPECT_THAT(run_program(words, folder_.path()).err, HasSubstr("weights: data/alexnet-owt-"));
  save_trunk(folder_ / "data/alexnet-trunk.safetensors", test::trunk());
  EXPECT_THAT(run_program(words, folder_.path()).err, HasSubstr("weights: data/alexnet-trunk."));
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
}

// Before anything is read.
TEST_F(LpipsCommand, ATrunkTakesNoOptionsThatMeanNothing) {
  const auto convert = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"convert", "none.pth"});
    words.emplace_back("--trunk");
    return run_program(words, folder_.path());
  };
  Outcome outcome = convert({"x.onnx"});
  EXPECT_EQ(outcome.code, kUnsupported);
  EXPECT_THAT(outcome.err, HasSubstr("written as .safetensors, .pth or .pt"));
  outcome = convert({"x.pth", "--mean", "0.5", "--std", "0.5"});
  EXPECT_EQ(outcome.code, kWrongUsage);
  outcome = convert({"x.pth", "--labels", "names.txt"});
  EXPECT_EQ(outcome.code, kWrongUsage);
  EXPECT_THAT(outcome.err, HasSubstr("says nothing of convolutions"));
}

TEST_F(LpipsCommand, WhichTensorsATrunkIsMadeOfIsSaid) {
  const Model model = test::trunk();
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : model.parameters) {
    tensors.push_back(
        {fmt::format("module.{}", entry.name), {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(folder_ / "wrapped.safetensors", tensors, {});
  const std::string assumed =
      "assumed, as wrapped.safetensors does not say: tensors: those of 'module.'";
  const Outcome outcome =
      run_program({"convert", "wrapped.safetensors", "x.pth", "--trunk"}, folder_.path());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("weights: wrapped.safetensors"), HasSubstr(assumed)));
  const Outcome compared = run_program(
      {"lpips", "a/0.png", "b/1.png", "--weights", "wrapped.safetensors"}, folder_.path());
  EXPECT_THAT(compared.err, HasSubstr(assumed));
  EXPECT_EQ(compared.out, run({"a/0.png", "b/1.png"}).out);
}

}  // namespace
}  // namespace alexnet::test
