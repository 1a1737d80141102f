#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/predictions.h"
#include "cli/weights.h"
#include "report/explain_page.h"

namespace alexnet::cli {
namespace {

struct ExplainArguments {
  std::string weights;
  std::vector<std::string> images;
  std::string out = "explained";
  int classes = 2;
  int threads = 0;
};

// An image that cannot be read is reported and the others go on.
int run_explain(const ExplainArguments& arguments) {
  auto [weights, model] = open_weights(arguments.weights);
  Explainer explainer(std::move(model), arguments.threads);
  ExplainPage page(explainer, arguments.out, weights, arguments.classes);
  std::size_t failures = 0;
  for (const std::string& name : arguments.images) {
    try {
      const Image image = read_image(name, explainer.model().preprocess.channels);
      print_predictions(name, page.add(image, name));
    } catch (const Error& error) {
      fmt::print(stderr, "alexnet: {}\n", error.what());
      ++failures;
    }
  }
  if (failures == arguments.images.size()) return kFailed;
  fmt::print("{}\n", page.write().string());
  return failures == 0 ? kDone : kFailed;
}

}  // namespace

Command add_explain_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("explain", "Show what the network looks at in images");
  const auto arguments = std::make_shared<ExplainArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("IMAGE", arguments->images, "JPEG or PNG files")->type_name("")->required();
  app->add_option("--out", arguments->out, "folder for explain.html and the pictures")
      ->type_name("DIR")
      ->capture_default_str();
  whole_number(app->add_option("--classes", arguments->classes, "most probable classes to explain"),
               1, 5)
      ->capture_default_str();
  add_threads_option(*app, arguments->threads);
  app->footer("Example: alexnet explain runs/fashion shoe.png bag.jpg --out explained");
  return {.app = app, .run = [arguments] { return run_explain(*arguments); }};
}

}  // namespace alexnet::cli
