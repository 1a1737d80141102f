#include <alexnet/dataset.h>
#include <alexnet/features.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/weights.h"
#include "data/output_place.h"
#include "data/sets/image_folder.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"

namespace alexnet::cli {
namespace {

constexpr int kLargestGrid = 256;
constexpr int kMostReduced = 4096;  // features

struct FeaturesArguments {
  std::string weights;
  std::string data;
  std::string out;
  std::optional<Split> split;
  FeatureOptions one;        // --layer
  LayerFeatureOptions some;  // --layers
};

DatasetPtr open_images(const FeaturesArguments& arguments) {
  if (is_picture_folder(arguments.data)) {
    if (!arguments.split) return open_picture_folder(arguments.data);
    throw CLI::ValidationError(
        "--split",
        fmt::format("is for data with parts, and {} is a folder of pictures", arguments.data));
  }
  const Split split = arguments.split.value_or(Split::train);
  DatasetPtr dataset = require_dataset(arguments.data, split);
  print_known_set_note(arguments.data);
  print_note(left_out_note(*dataset, split));
  return dataset;
}

std::vector<BadImage> write(const FeaturesArguments& arguments, Weights weights,
                            const DatasetPtr& dataset, const EvaluationProgress& progress) {
  if (arguments.some.layers.empty()) {
    return write_features(arguments.out, weights.model, weights.path, dataset, arguments.data,
                          arguments.one, progress);
  }
  LayerFeatureOptions options = arguments.some;
  options.batch_size = arguments.one.batch_size;
  options.engine = arguments.one.engine;
  options.threads = arguments.one.threads;
  options.on_bad_image = arguments.one.on_bad_image;
  return write_layer_features(arguments.out, std::move(weights.model), weights.path, dataset,
                              arguments.data, options, progress);
}

void refuse_place_in_data(const FeaturesArguments& arguments) {
  const bool is_folder =
      !arguments.some.layers.empty() && std::filesystem::path(arguments.out).extension() != ".npz";
  (is_folder ? refuse_folder_in_data : refuse_file_in_data)(arguments.out, arguments.data);
}

int run_features(const FeaturesArguments& arguments) {
  refuse_place_in_data(arguments);
  Weights weights = open_layers(arguments.weights);
  const DatasetPtr dataset = open_images(arguments);
  ProgressBar bar;
  const auto bad_images = write(
      arguments, std::move(weights), dataset,
      [&](std::int64_t done, std::int64_t total) { bar.show_count("features", done, total); });
  for (const BadImage& image : bad_images) {
    bar.message(fmt::format("left out: {} {}", image.name, image.problem));
  }
  bar.clear();
  fmt::print("{}\n", arguments.out);
  return kDone;
}

// none, mean, max or grid:N.
void set_pooling(const std::string& text, LayerFeatureOptions& options) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const bool has_parts = colon != std::string::npos;
  const auto& names = EnumNames<Pooling>::kNames;
  if (name != "grid" && !has_parts && std::ranges::find(names, name) != names.end()) {
    options.pooling = parse<Pooling>(name);
    return;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, problem] =
      std::from_chars(text.data() + (has_parts ? colon + 1 : text.size()), end, options.grid);
  if (name != "grid" || problem != std::errc() || stop != end || options.grid < 1 ||
      options.grid > kLargestGrid) {
    throw CLI::ValidationError(
        "--pool", fmt::format("is none, mean, max or grid:N with N from 1 to {}, not '{}'",
                              kLargestGrid, text));
  }
  options.pooling = Pooling::grid;
}

// What --layers can be given besides.
void add_layers_options(CLI::App& app, LayerFeatureOptions& options, CLI::Option& layer) {
  CLI::Option* layers =
      app.add_option("--layers", options.layers,
                     "several layers, or all, in one pass: LAYER.npy for each goes into a folder, "
                     "and what was interrupted goes on when called again")
          ->type_name("NAME,...")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->excludes(&layer);
  app.add_flag("--before-relu", options.before_relu,
               "activations of layers are their own, before a ReLU that follows")
      ->needs(layers);
  app.add_option_function<std::string>(
         "--pool", [&options](const std::string& text) { set_pooling(text, options); },
         "what becomes of maps: their mean or maximum, or means in a grid of N by N")
      ->type_name("none|mean|max|grid:N")
      ->default_str("none")
      ->needs(layers);
  CLI::Option* pca = whole_number(
      app.add_option("--pca", options.pca,
                     "principal components of layers that have more features; these are found in "
                     "passes of their own"),
      1, kMostReduced);
  CLI::Option* project =
      whole_number(app.add_option("--project", options.project,
                                  "sums with random signs of layers that have more features"),
                   1, kMostReduced);
  pca->needs(layers)->excludes(project);
  project->needs(layers);
  whole_number(app.add_option("--seed", options.seed,
                              "of the random signs, or where the search for components begins"),
               0, kUnlimited)
      ->capture_default_str()
      ->needs(layers);
}

}  // namespace

Command add_features_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("features", "Write layers' activations for a data set");
  const auto arguments = std::make_shared<FeaturesArguments>();
  app->add_option("WEIGHTS", arguments->weights,
                  "weights file, of convolutions alone too, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("DATA", arguments->data, "data as for training, or a folder of pictures")
      ->type_name("")
      ->required();
  CLI::Option* layer =
      app->add_option("--layer", arguments->one.layer,
                      "one layer: conv1 to conv5, fc6 to fc8, pool1, …, or torchvision's name such "
                      "as classifier.4; activations are those after its ReLU")
          ->type_name("NAME")
          ->capture_default_str();
  add_layers_options(*app, arguments->some, *layer);
  app->add_option("--out", arguments->out,
                  "X.npy for one layer, beside which X.labels.npy and X.json go; with --layers a "
                  "folder, or X.npz for one NumPy archive")
      ->type_name("FILE")
      ->required();
  add_split_option(*app, arguments->split, "train");
  whole_number(app->add_option("--batch-size", arguments->one.batch_size, "images at a time"), 1,
               65'536)
      ->capture_default_str();
  add_engine_option(*app, arguments->one.engine);
  add_threads_option(*app, arguments->one.threads);
  add_bad_image_option(*app, arguments->one.on_bad_image);
  app->footer(
      "Example: alexnet features runs/fashion fashion-mnist --layers conv5,fc7 --out fashion");
  return {.app = app, .run = [arguments] { return run_features(*arguments); }};
}

}  // namespace alexnet::cli
