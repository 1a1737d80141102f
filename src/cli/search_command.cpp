#include <alexnet/error.h>
#include <alexnet/features.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/image_files.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/text.h"
#include "cli/weights.h"
#include "core/json.h"
#include "data/image/formats.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

struct SearchArguments {
  std::string index;
  std::vector<std::string> images;
  std::string weights;
  int count = 10;
  EngineOptions engine;
  bool json = false;
};

std::string label_of(const FeatureIndex& index, std::size_t row) {
  const auto label = static_cast<std::size_t>(index.labels[row]);
  return label < index.classes.size() ? index.classes[label] : std::to_string(label);
}

void print_found(const std::string& image, const FeatureIndex& index,
                 const std::vector<Found>& found) {
  fmt::print("{}\n", image);
  Table table("rll");
  for (const Found& one : found) {
    table.add({fmt::format("  {:.3f}", one.distance), label_of(index, one.index),
               index.names[one.index]});
  }
  fmt::print("{}", table.text());
}

json to_json(const FeatureIndex& index, const std::vector<Found>& found) {
  json list = json::array();
  for (const Found& one : found) {
    list.push_back({{"name", index.names[one.index]},
                    {"row", one.index},
                    {"label", label_of(index, one.index)},
                    {"distance", one.distance}});
  }
  return list;
}

// Training that goes on replaces the weights of its run folder.
void check_made_with(const FeatureIndex& index, const Model& model, const std::string& weights,
                     const std::string& name) {
  if (index.weights_hash == model_hash(model)) return;
  throw Error(
      fmt::format("{} was made with other weights or preprocessing than {} has now; make it again "
                  "with alexnet features, or name the weights that made it (--weights)",
                  name, weights));
}

// An image that cannot be read is reported and the others go on.
int run_search(const SearchArguments& arguments) {
  const FeatureIndex index = read_feature_index(arguments.index);
  auto [path, model] = open_weights(arguments.weights.empty() ? index.weights : arguments.weights);
  check_made_with(index, model, path, arguments.index);
  const int channels = model.preprocess.channels;
  FeatureExtractor extractor(std::move(model), index.layer, arguments.engine);
  json results = json::array();
  json failures = json::array();
  for (const std::string& name : image_files(arguments.images)) {
    try {
      const std::vector<Found> found =
          find_nearest(index, extractor.features(read_seen_image(name, channels)), arguments.count);
      if (!arguments.json) print_found(name, index, found);
      results.push_back({{"image", name}, {"nearest", to_json(index, found)}});
    } catch (const Error& error) {
      print_error(error.what());
      failures.push_back({{"image", name}, {"error", error.what()}});
    }
  }
  if (arguments.json) {
    fmt::print("{}\n", to_text({{"index", arguments.index},
                                {"weights", path},
                                {"results", results},
                                {"failures", failures}}));
  }
  return failures.empty() ? kDone : kBadInput;
}

}  // namespace

Command add_search_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("search", "Find the images of an index that are most like given ones");
  const auto arguments = std::make_shared<SearchArguments>();
  app->add_option("INDEX", arguments->index, "the .npy file that alexnet features wrote")
      ->type_name("")
      ->required();
  app->add_option("IMAGE", arguments->images,
                  fmt::format("images, or folders of them: {}", image_format_names()))
      ->type_name("")
      ->required();
  whole_number(app->add_option("--count", arguments->count, "images to find"), 1, 100'000)
      ->capture_default_str();
  app->add_option("--weights", arguments->weights, "where the weights that made the index are now")
      ->type_name("WEIGHTS");
  add_engine_option(*app, arguments->engine.engine);
  add_threads_option(*app, arguments->engine.threads);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet search fc7.npy shoe.png --count 5");
  return {.app = app, .run = [arguments] { return run_search(*arguments); }};
}

}  // namespace alexnet::cli
