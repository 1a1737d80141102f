#include <alexnet/dataset.h>
#include <alexnet/features.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/weights.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"

namespace alexnet::cli {
namespace {

struct FeaturesArguments {
  std::string weights;
  std::string data;
  std::string out;
  std::optional<Split> split;
  FeatureOptions options;
};

int run_features(const FeaturesArguments& arguments) {
  const auto [path, model] = open_weights(arguments.weights);
  const Split split = arguments.split.value_or(Split::train);
  const DatasetPtr dataset = require_dataset(arguments.data, split);
  print_known_set_note(arguments.data);
  print_note(left_out_note(*dataset, split));
  ProgressBar bar;
  const auto bad_images = write_features(
      arguments.out, model, path, dataset, arguments.data, arguments.options,
      [&](std::int64_t done, std::int64_t total) { bar.show_images("features", done, total); });
  for (const BadImage& image : bad_images) {
    bar.message(fmt::format("left out: {} {}", image.name, image.problem));
  }
  bar.clear();
  fmt::print("{}\n", arguments.out);
  return kDone;
}

}  // namespace

Command add_features_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("features", "Write a layer's activations for a data set");
  const auto arguments = std::make_shared<FeaturesArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("DATA", arguments->data, "data as for training")->type_name("")->required();
  app->add_option("--layer", arguments->options.layer,
                  "conv1 to conv5, fc6 to fc8, or torchvision's name such as classifier.4; "
                  "activations are those after its ReLU")
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--out", arguments->out,
                  "X.npy for the features; X.labels.npy and X.json go beside it")
      ->type_name("FILE")
      ->required();
  add_split_option(*app, arguments->split, "train");
  whole_number(app->add_option("--batch-size", arguments->options.batch_size, "images at a time"),
               1, 65'536)
      ->capture_default_str();
  add_engine_option(*app, arguments->options.engine);
  add_threads_option(*app, arguments->options.threads);
  add_bad_image_option(*app, arguments->options.on_bad_image);
  app->footer("Example: alexnet features runs/fashion fashion-mnist --layer fc7 --out fc7.npy");
  return {.app = app, .run = [arguments] { return run_features(*arguments); }};
}

}  // namespace alexnet::cli
