// `features --layers` and `compare`, as users run them.
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include <csignal>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "core/file.h"
#include "support/paths.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// AlexNet's layers, but few channels.
Model narrow_alexnet() {
  Model model{.architecture = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}),
              .preprocess = {.resize = 64, .crop = 64, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.25F}},
              .provenance = {}};
  for (Layer& layer : model.architecture.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 24;
    if (auto* linear = std::get_if<Linear>(&layer); linear && linear->out_features > 10) {
      linear->out_features = 64;
    }
  }
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  for (int label = 0; label < 10; ++label) model.classes.push_back(std::to_string(label));
  return model;
}

class FeaturesCommand : public testing::Test {
 protected:
  FeaturesCommand() {
    fs::create_directories(folder_ / "runs/fashion");
    save_model(folder_ / "runs/fashion/best.safetensors", narrow_alexnet());
    write_idx_dataset(folder_ / "set", 20, 60, 1);
    for (std::uint32_t i = 0; i < 40; ++i) {
      write_png(folder_ / "pictures" / (std::to_string(100 + i) + ".png"),
                pattern(static_cast<int>(i % 10), 28, 1, 3, i));
    }
  }

  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  Outcome run_line(const std::string& line) const {
    std::istringstream words(line);
    return run({std::istream_iterator<std::string>(words), {}});
  }

  TempFolder folder_;
};

// All lines of the document's shell blocks that begin with the program's name.
std::vector<std::string> commands_of(const fs::path& document) {
  std::istringstream text(read_text_file(document));
  std::vector<std::string> commands;
  bool in_block = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) {
      in_block = line == "```sh";
    } else if (in_block && line.starts_with("alexnet ")) {
      commands.push_back(line.substr(std::string_view("alexnet ").size()));
    }
  }
  return commands;
}

TEST_F(FeaturesCommand, TheDocumentsCommandsWork) {
  const auto commands = commands_of(tests_folder().parent_path() / "docs/features.md");
  ASSERT_GE(commands.size(), 8U);
  for (const std::string& command : commands) {
    if (command.starts_with("samples ")) continue;  // the pictures are there
    const Outcome outcome = run_line(command);
    EXPECT_EQ(outcome.code, 0) << command << '\n' << outcome.err;
  }
  EXPECT_TRUE(fs::exists(folder_ / "features/fc7.npy"));
  EXPECT_TRUE(fs::exists(folder_ / "components/conv2.components.npy"));
  EXPECT_TRUE(fs::is_regular_file(folder_ / "projected.npz"));
  EXPECT_FALSE(fs::exists(folder_ / "projected.npz.files"));
}

TEST_F(FeaturesCommand, GoesOnAfterAKill) {
  const std::string options =
      "features runs/fashion set --split test --layers all --batch-size 1 --out ";
  ASSERT_EQ(run_line(options + "whole").code, 0);
  const auto progress = [this] {
    const fs::path file = folder_ / "cut.partial/progress.json";
    return fs::exists(file) ? read_text_file(file) : "";
  };
  for (int i = 0; i < 3; ++i) {
    std::istringstream words(options + "cut");
    Program program({std::istream_iterator<std::string>(words), {}}, folder_.path());
    const std::string before = progress();
    while (program.running() && progress() == before) {
    }
    program.send(SIGKILL);
    program.wait();
  }
  ASSERT_EQ(run_line(options + "cut").code, 0);
  for (const char* file : {"conv1.npy", "fc8.npy", "labels.npy", "names.json"}) {
    EXPECT_EQ(read_bytes(folder_ / "whole" / file), read_bytes(folder_ / "cut" / file)) << file;
  }
}

TEST_F(FeaturesCommand, RefusesWhatDoesNotGoTogether) {
  const auto expect = [&](const std::string& line, int code, const char* why) {
    const Outcome outcome = run_line("features runs/fashion pictures " + line);
    EXPECT_EQ(outcome.code, code) << line;
    EXPECT_THAT(outcome.err, HasSubstr(why)) << line;
  };
  expect("--layers conv9 --out x", cli::kNotFound, "has no layer 'conv9'; choose one of conv1");
  expect("--layers conv1 --layer fc7 --out x", cli::kWrongUsage, "only one can be given");
  expect("--layers conv1 --pool middle --out x", cli::kWrongUsage, "middle");
  expect("--layers conv1 --pool grid:0 --out x", cli::kWrongUsage, "N from 1 to 256");
  expect("--layers conv1 --pool mean:2 --out x", cli::kWrongUsage, "grid:N");
  expect("--pca 5 --out x.npy", cli::kWrongUsage, "--layers");
  expect("--layers fc6 --pca 5 --project 5 --out x", cli::kWrongUsage, "only one can be given");
  expect("--layers fc6 --pca 50 --out x", cli::kBadInput, "40 images have no 50 principal");
  expect("--layers fc6 --split test --out x", cli::kWrongUsage, "a folder of pictures");
  expect("--layers fc6 --out x.npy", cli::kBadInput, "go into a folder or into one .npz");
}

TEST_F(FeaturesCommand, TakesAFolderAsShellsCompleteIt) {
  const std::string line = "features runs/fashion pictures --layers fc7 --out f/";
  for (const char* seed : {"", " --seed 5"}) {  // nothing here is drawn by it
    const Outcome outcome = run_line(line + seed);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  EXPECT_TRUE(fs::exists(folder_ / "f/fc7.npy"));
}

TEST_F(FeaturesCommand, ReplacesNoArchive) {
  const std::string line = "features runs/fashion pictures --out f.npz --layers ";
  ASSERT_EQ(run_line(line + "fc7").code, 0);
  const Bytes before = read_bytes(folder_ / "f.npz");
  const Outcome outcome = run_line(line + "fc6");
  EXPECT_EQ(outcome.code, cli::kBadInput);
  EXPECT_THAT(outcome.err, HasSubstr("f.npz exists; give another name, or remove it"));
  EXPECT_EQ(read_bytes(folder_ / "f.npz"), before);
}

TEST_F(FeaturesCommand, SavesTheTrunksLayersToo) {
  Model trunk{.architecture = make_alexnet_trunk()};
  trunk.parameters = initialize(trunk.architecture, Initializer::pytorch, 1);
  save_trunk(folder_ / "trunk.safetensors", trunk);
  for (int i = 0; i < 3; ++i) {
    write_png(folder_ / "colour" / (std::to_string(i) + ".png"), pattern(i, 40, 3, 3, 1));
  }
  const Outcome outcome =
      run_line("features trunk.safetensors colour --layers conv1,pool5 --pool max --out x");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("assumed, as trunk.safetensors does not say"));
  const Outcome fc = run_line("features trunk.safetensors colour --layers fc6 --out y");
  EXPECT_EQ(fc.code, cli::kNotFound);
  EXPECT_THAT(fc.err, HasSubstr("relu5 (features.11), pool5 (features.12)"));
}

TEST_F(FeaturesCommand, ComparesAndSaysItAsJson) {
  ASSERT_EQ(run_line("features runs/fashion pictures --layers conv1,fc6,fc7 --out f").code, 0);
  const Outcome text = run_line("compare f f --bootstrap 20");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("debiased CKA"), HasSubstr("conv1  fc7")));
  const Outcome outcome = run_line("compare f f/fc7.npy --bootstrap 50 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["images"], 40);
  ASSERT_EQ(result["pairs"].size(), 3U);
  const json& same = result["pairs"][2];  // fc7 with itself
  for (const char* measure : {"cka", "debiased_cka", "rsa_spearman", "rsa_pearson"}) {
    EXPECT_NEAR(same[measure]["value"].get<double>(), 1, 1e-6) << measure;
    EXPECT_NEAR(same[measure]["low"].get<double>(), 1, 1e-6) << measure;
  }
  const json& other = result["pairs"][0]["rsa_spearman"];
  EXPECT_LT(other["low"], other["high"]);
  EXPECT_LT(other["value"], 0.999);
  const Outcome one_thread = run_line("compare f f/fc7.npy --bootstrap 50 --json --threads 1");
  EXPECT_EQ(one_thread.out, outcome.out);
  const Outcome plain = run_line("compare f f/fc7.npy --bootstrap 0 --json");
  EXPECT_FALSE(json::parse(plain.out)["pairs"][0]["cka"].contains("low"));
}

TEST_F(FeaturesCommand, RefusesToCompareOtherImages) {
  ASSERT_EQ(run_line("features runs/fashion pictures --layers fc7 --out f").code, 0);
  ASSERT_EQ(run_line("features runs/fashion set --split test --layers fc7 --out g").code, 0);
  const Outcome count = run_line("compare f g");
  EXPECT_EQ(count.code, cli::kBadInput);
  EXPECT_THAT(count.err, HasSubstr("f/fc7.npy has 40 images and g/fc7.npy has 60"));
  fs::rename(folder_ / "pictures/100.png", folder_ / "pictures/999.png");
  ASSERT_EQ(run_line("features runs/fashion pictures --layers fc7 --out h").code, 0);
  EXPECT_THAT(run_line("compare f h").err, HasSubstr("image 0 is 100.png and 101.png"));
  EXPECT_EQ(run_line("compare f nowhere").code, cli::kNotFound);
  EXPECT_THAT(run_line("compare f f --images 3").err, HasSubstr("--images: is at least 4"));
  write_text(folder_ / "damaged/features.json", R"({"layers":["fc7"]})");
  const Outcome damaged = run_line("compare f damaged");
  EXPECT_EQ(damaged.code, cli::kBadInput);
  EXPECT_THAT(damaged.err, HasSubstr("damaged/features.json"));
  fs::create_directories(folder_ / "empty");
  EXPECT_THAT(run_line("compare f empty").err, HasSubstr("empty holds no features"));
}

}  // namespace
}  // namespace alexnet::test
