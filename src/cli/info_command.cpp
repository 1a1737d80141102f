#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/plan_report.h"
#include "cli/ranks_report.h"
#include "cli/text.h"
#include "core/counted.h"
#include "core/json.h"
#include "infer/network_json.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

struct InfoArguments {
  std::string model;
  NetworkOptions network;
  bool plan = false;
  InferenceOptions plan_options;
  int ranks = 0;
  double bandwidth = 10;
  bool json = false;
};

// A network, and the weights file that it comes from, if it does.
struct Subject {
  Architecture architecture;
  std::optional<Model> model;
  std::string weights;
};

Subject find_subject(const CLI::App& app, const InfoArguments& arguments) {
  if (is_network_name(arguments.model)) {
    return {.architecture = make_network(arguments.model, arguments.network)};
  }
  if (!std::filesystem::exists(arguments.model)) {
    throw Error(fmt::format("there is no network and no file '{}'; the networks are {}",
                            arguments.model, fmt::join(network_names(), ", ")),
                ErrorKind::not_found);
  }
  for (const char* option : {"--in-channels", "--classes", "--image-size"}) {
    if (app.count(option) > 0) {
      throw CLI::ValidationError(option, "is for networks by name; weights bring their own");
    }
  }
  std::string path = find_weights(arguments.model).string();
  Model model = load_model(path);
  Subject subject{.architecture = model.architecture, .weights = std::move(path)};
  subject.model = std::move(model);
  return subject;
}

// A network by its name gets random weights.
PlanReport measure(const Subject& subject, InferenceOptions options) {
  if (subject.model) options.normalization = subject.model->normalization;
  return measure_plan(
      subject.architecture,
      std::make_shared<const Parameters>(
          subject.model ? subject.model->parameters.clone()
                        : initialize(subject.architecture, Initializer::pytorch, 1)),
      options);
}

void print_model(const Subject& subject) {
  const Model& model = *subject.model;
  constexpr std::size_t kShown = 20;
  const std::size_t shown = std::min(kShown, model.classes.size());
  Table table("ll");
  table.add({"weights", subject.weights});
  for (const auto& [key, value] : model.provenance) table.add({key, value});
  table.add(
      {"classes",
       fmt::format("{}: {}{}", model.classes.size(),
                   fmt::join(model.classes.begin(),
                             model.classes.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                   shown < model.classes.size() ? ", ..." : "")});
  const Preprocess& input = model.preprocess;
  table.add(
      {"input", fmt::format("{}, centre {} x {}, {}", describe_resizing(input), input.crop.height,
                            input.crop.width, input.channels == 1 ? "grey" : "RGB")});
  const MeanImage* image = model.normalization.mean_image.get();
  table.add(
      {"mean", fmt::format("{:.4f}{}", fmt::join(model.normalization.mean, ", "),
                           image == nullptr ? ""
                                            : fmt::format(", of an image of {} x {} pixels",
                                                          image->size.height, image->size.width))});
  table.add({"deviation", fmt::format("{:.4f}", fmt::join(model.normalization.deviation, ", "))});
  fmt::print("{}\n", table.text());
}

std::string count_or_dash(std::int64_t count) {
  return count == 0 ? "-" : with_thousands(count);
}

void print_layers(const Architecture& net) {
  Table table("llllrr");
  table.add({"name", "layer", "settings", "output", "parameters", "multiply-adds"});
  table.add({"", "input", "", to_string(Shape{net.in_channels, net.height, net.width}), "-", "-"});
  for (const LayerInfo& layer : net.describe()) {
    table.add({layer.name, layer.kind, layer.settings, to_string(layer.output),
               count_or_dash(layer.parameters), count_or_dash(layer.multiply_adds)});
  }
  table.add({"total", "", "", "", with_thousands(net.parameter_count()),
             with_thousands(net.multiply_adds())});
  fmt::print("{}: {} classes\n\n{}", net.name, net.classes(), table.text());
}

json to_json(const Subject& subject) {
  json result = network_json(subject.architecture);
  if (subject.model) {
    result["weights"] = subject.weights;
    result["class_names"] = subject.model->classes;
    result["provenance"] = subject.model->provenance;
    if (const auto& image = subject.model->normalization.mean_image) {
      result["mean_image"] = {image->size.height, image->size.width, image->channels};
    }
  }
  return result;
}

int run_info(const CLI::App& app, const InfoArguments& arguments) {
  if (app.count("--batch") > 0 && !arguments.plan && arguments.ranks == 0) {
    throw CLI::ValidationError("--batch", "is for --plan and --ranks; give one of them");
  }
  const Subject subject = find_subject(app, arguments);
  std::optional<PlanReport> plan;
  std::optional<RanksReport> ranks;
  if (arguments.ranks > 0) {
    const int images =
        app.count("--batch") > 0 ? arguments.plan_options.max_batch : TrainConfig{}.batch_size;
    ranks = ranks_report(subject.architecture, arguments.ranks, images, arguments.bandwidth);
  }
  if (arguments.plan) plan = measure(subject, arguments.plan_options);
  if (arguments.json) {
    json result = to_json(subject);
    if (plan) result.update(to_json(*plan));
    if (ranks) result.update(to_json(*ranks));
    fmt::print("{}\n", to_text(result));
    return kDone;
  }
  if (subject.model) print_model(subject);
  print_layers(subject.architecture);
  if (plan) print(*plan);
  if (ranks) print(*ranks);
  return kDone;
}

// All but --plan say how, and need it.
void add_plan_options(CLI::App& app, InfoArguments& arguments) {
  CLI::Option* plan = app.add_flag("--plan", arguments.plan,
                                   "run it: how each layer is computed here, and how fast");
  InferenceOptions& options = arguments.plan_options;
  whole_number(app.add_option("--batch", options.max_batch,
                              "images: at a time with --plan [1], of all in a step with --ranks "
                              "[64]"),
               1, 65'536);
  add_engine_option(app, options.engine);
  add_threads_option(app, options.threads);
  add_precision_option(app, options.precision);
  whole_number(app.add_option("--ranks", arguments.ranks,
                              "processes that train on such batches: how they divide each layer, "
                              "and what they send each other"),
               1, 1024);
  number(
      app.add_option("--bandwidth", arguments.bandwidth, "gigabits a second that a rank can send"),
      1e-3, 1e6)
      ->capture_default_str();
  for (const char* name : {"--engine", "--threads", "--precision"}) {
    app.get_option(name)->needs(plan);
  }
  app.get_option("--bandwidth")->needs("--ranks");
}

}  // namespace

Command add_info_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("info", "Show a network layer by layer");
  const auto arguments = std::make_shared<InfoArguments>();
  NetworkOptions& network = arguments->network;
  app->add_option(
         "MODEL", arguments->model,
         fmt::format("{}, a weights file, or a run folder", fmt::join(network_names(), ", ")))
      ->type_name("")
      ->required();
  whole_number(app->add_option("--in-channels", network.in_channels, "channels of the input"), 1,
               4096)
      ->capture_default_str();
  whole_number(app->add_option("--classes", network.classes, "classes"), 1, 1'000'000)
      ->capture_default_str();
  add_image_size_option(*app, network.image_size, "the network's");
  add_plan_options(*app, *arguments);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet info alexnet --in-channels 1 --classes 10 --image-size 64");
  return {.app = app, .run = [app, arguments] { return run_info(*app, *arguments); }};
}

}  // namespace alexnet::cli
