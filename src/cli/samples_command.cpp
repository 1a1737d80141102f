#include <alexnet/dataset.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/text.h"
#include "report/png.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

struct SamplesArguments {
  std::string data;
  std::string out;
  std::string split = "test";
  int count = 10;
};

int run_samples(const SamplesArguments& arguments) {
  const DatasetPtr dataset =
      open_dataset(arguments.data, arguments.split == "train" ? Split::train : Split::test);
  const std::size_t count = std::min(static_cast<std::size_t>(arguments.count), dataset->size());
  fs::create_directories(arguments.out);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = i * dataset->size() / count;
    const Sample sample = dataset->sample(index);
    const std::string& name = dataset->classes()[static_cast<std::size_t>(sample.label)];
    const fs::path path = fs::path(arguments.out) / fmt::format("{:04}-{}.png", index, slug(name));
    save_png(path, sample.image);
    fmt::print("{}\n", path.string());
  }
  return kDone;
}

}  // namespace

Command add_samples_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("samples", "Write images of a data set as PNG files");
  const auto arguments = std::make_shared<SamplesArguments>();
  app->add_option("DATA", arguments->data, "data as for training")->type_name("")->required();
  app->add_option("--out", arguments->out, "folder for the files")->type_name("DIR")->required();
  whole_number(app->add_option("--count", arguments->count, "images, evenly spread"), 1, 1'000'000)
      ->capture_default_str();
  one_of(app->add_option("--split", arguments->split, "which part"), {"train", "test"})
      ->capture_default_str();
  app->footer("Example: alexnet samples fashion-mnist --count 6 --out samples");
  return {.app = app, .run = [arguments] { return run_samples(*arguments); }};
}

}  // namespace alexnet::cli
