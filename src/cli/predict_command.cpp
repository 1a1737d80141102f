#include <alexnet/classifier.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/image_files.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/precision_note.h"
#include "cli/predictions.h"
#include "cli/weights.h"
#include "core/json.h"
#include "data/image/formats.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

struct PredictArguments {
  std::string weights;
  std::vector<std::string> images;
  std::string labels;
  int top = 5;
  ClassifierOptions classifier;
  int crops = 1;
  bool json = false;
};

json to_json(const std::vector<Prediction>& predictions) {
  json list = json::array();
  for (const Prediction& p : predictions) {
    list.push_back({{"label", p.label}, {"index", p.index}, {"probability", p.probability}});
  }
  return list;
}

// An image that cannot be read is reported and the others go on.
int predict_all(Classifier& classifier, const std::vector<std::string>& images,
                const PredictArguments& arguments, const std::string& weights) {
  json predicted = json::array();
  json failed = json::array();
  for (const std::string& image : images) {
    try {
      const Image pixels = read_seen_image(image, classifier.model().preprocess.channels);
      const auto predictions = classifier.classify(pixels, arguments.top);
      if (!arguments.json) print_predictions(image, predictions);
      predicted.push_back(
          {{"image", image}, {"transparent", pixels.transparent}, {"top", to_json(predictions)}});
    } catch (const Error& error) {
      print_error(error.what());
      failed.push_back({{"image", image}, {"error", error.what()}});
    }
  }
  if (arguments.json) {
    fmt::print("{}\n",
               to_text({{"weights", weights}, {"predictions", predicted}, {"failures", failed}}));
  }
  return failed.empty() ? kDone : kBadInput;
}

int run_predict(const PredictArguments& arguments) {
  const std::vector<std::string> images = image_files(arguments.images);
  LoadOptions options;
  if (!arguments.labels.empty()) options.classes = read_labels(arguments.labels);
  auto [weights, model] = open_weights(arguments.weights, options);
  print_message(fmt::format("weights: {}", weights));
  ClassifierOptions how = arguments.classifier;
  how.ten_crops = arguments.crops == 10;
  Classifier classifier(std::move(model), how);
  note_wider_layers(classifier.layers());
  return predict_all(classifier, images, arguments, weights);
}

}  // namespace

Command add_predict_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("predict", "Classify images");
  const auto arguments = std::make_shared<PredictArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("IMAGE", arguments->images,
                  fmt::format("images, or folders of them: {}", image_format_names()))
      ->type_name("")
      ->required();
  whole_number(app->add_option("--top", arguments->top, "classes to show"), 1, 100'000)
      ->capture_default_str();
  app->add_option("--labels", arguments->labels,
                  "class names, one a line, in place of those in the weights")
      ->type_name("FILE");
  add_crops_option(*app, arguments->crops);
  add_engine_option(*app, arguments->classifier.engine);
  add_threads_option(*app, arguments->classifier.threads);
  add_precision_option(*app, arguments->classifier.precision);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet predict runs/fashion shoe.png photos --top 3");
  return {.app = app, .run = [arguments] { return run_predict(*arguments); }};
}

}  // namespace alexnet::cli
