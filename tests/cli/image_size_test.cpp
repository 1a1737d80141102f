// Networks whose images are not square, through every command.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "core/file.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ImageSize : public testing::Test {
 protected:
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  Outcome expect_done(const std::vector<std::string>& arguments) const {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments[0] << ": " << outcome.err;
    return outcome;
  }

  TempFolder folder_;
};

TEST_F(ImageSize, NeedNotBeSquareAnywhere) {
  write_idx_dataset(folder_ / "data", 40, 10, 1);
  write_png(folder_ / "three.png", pattern(3, 40, 1, 99, 0));
  expect_done({"train", "data", "--model", "alexnet-2012", "--image-size", "64x96", "--batch-size",
               "8", "--lr", "0.0001", "--max-steps", "2", "--normalize", "pixels", "--out", "run"});
  const json config = json::parse(read_text_file(folder_ / "run" / "config.json"));
  EXPECT_EQ(config["image_size"], (json{64, 96}));
  EXPECT_EQ(config["crop"], (json{64, 96}));
  expect_done({"train", "data", "--resume", "--out", "run", "--max-steps", "4"});
  expect_done({"train", "data", "--finetune", "run", "--batch-size", "8", "--lr", "0.0001",
               "--max-steps", "1", "--out", "tuned"});
  expect_done({"show", "data", "--image-size", "64x96", "--count", "4", "--out", "sheet.png"});
  for (const char* crops : {"1", "10"}) expect_done({"eval", "run", "data", "--crops", crops});
  expect_done({"predict", "run", "three.png", "--crops", "10"});
  expect_done({"explain", "run", "three.png", "--out", "maps"});
  expect_done({"features", "run", "data", "--out", "features.npy"});
  expect_done({"report", "run"});
  const json info = json::parse(expect_done({"info", "run", "--json"}).out);
  EXPECT_EQ(info["input"], (json{1, 64, 96}));
  EXPECT_EQ(info["mean_image"], (json{64, 96, 1}));
  EXPECT_THAT(expect_done({"info", "run"}).out, HasSubstr("to cover 64 x 96, centre 64 x 96"));
  for (const std::string name : {"x.onnx", "x.pth"}) {
    expect_done({"convert", "run", name});
    expect_done(
        {"convert", name, "y.safetensors", "--model", "alexnet-2012", "--image-size", "64x96"});
    EXPECT_EQ(json::parse(expect_done({"info", "y.safetensors", "--json"}).out)["input"],
              (json{1, 64, 96}));
  }
}

TEST_F(ImageSize, IsBenchedAndDescribed) {
  const json bench =
      json::parse(expect_done({"bench", "--image-size", "63x80", "--threads", "1", "--json"}).out);
  const json info =
      json::parse(expect_done({"info", "alexnet", "--image-size", "63x80", "--json"}).out);
  EXPECT_EQ(info["input"], (json{3, 63, 80}));
  EXPECT_EQ(bench["model"], info["model"]);
}

TEST_F(ImageSize, IsANumberOrTwo) {
  for (const char* wrong : {"64x", "x64", "0x64", "64x0", "64x64x3", "-64", "64,96", "5000x64"}) {
    const Outcome outcome = run({"bench", "--image-size", wrong});
    EXPECT_EQ(outcome.code, cli::kWrongUsage) << wrong;
    EXPECT_THAT(outcome.err, HasSubstr("as 160x240")) << wrong;
  }
}

}  // namespace
}  // namespace alexnet::test
