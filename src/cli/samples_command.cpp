#include <alexnet/dataset.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/text.h"
#include "core/folder.h"
#include "data/image/png_writer.h"
#include "data/output_place.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

struct SamplesArguments {
  std::string data;
  std::string out;
  std::optional<Split> split;
  int count = 10;
};

int run_samples(const SamplesArguments& arguments) {
  const Split split = arguments.split.value_or(Split::test);
  refuse_folder_in_data(arguments.out, arguments.data);
  const DatasetPtr dataset = require_dataset(arguments.data, split);
  print_known_set_note(arguments.data);
  print_note(left_out_note(*dataset, split));
  const std::size_t count = std::min(static_cast<std::size_t>(arguments.count), dataset->size());
  make_folder(arguments.out);
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
  whole_number(app->add_option("--count", arguments->count, "images, evenly spread over the set"),
               1, 1'000'000)
      ->capture_default_str();
  add_split_option(*app, arguments->split, "test");
  app->footer("Example: alexnet samples fashion-mnist --count 6 --out samples");
  return {.app = app, .run = [arguments] { return run_samples(*arguments); }};
}

}  // namespace alexnet::cli
