#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/text.h"
#include "cli/weights.h"

namespace alexnet::cli {
namespace {

struct ConvertArguments {
  std::string from;
  std::string to;
  std::string labels;
  LoadOptions load;
};

int run_convert(ConvertArguments& arguments) {
  if (!arguments.labels.empty()) arguments.load.classes = read_labels(arguments.labels);
  const Model model = open_weights(arguments.from, arguments.load).model;
  save_model(arguments.to, model);
  fmt::print("{}: {}, {} classes, {} parameters, {} bytes\n", arguments.to, model.architecture.name,
             model.classes.size(), with_thousands(model.architecture.parameter_count()),
             with_thousands(static_cast<std::int64_t>(std::filesystem::file_size(arguments.to))));
  return kDone;
}

std::vector<std::string> words(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

}  // namespace

Command add_convert_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Turn weights into another format");
  const auto arguments = std::make_shared<ConvertArguments>();
  app->add_option("IN", arguments->from,
                  "a run folder, safetensors, or a PyTorch state dict (.pth, .pt)")
      ->type_name("")
      ->required();
  app->add_option("OUT", arguments->to, "a file ending in .safetensors, .pth or .pt")
      ->type_name("")
      ->required();
  app->add_option("--labels", arguments->labels, "class names, one a line")->type_name("FILE");
  one_of(app->add_option("--preprocess", arguments->load.preprocess,
                         "how images are resized and normalised"),
         words(input_conventions()));
  one_of(app->add_option("--model", arguments->load.network,
                         "the network, where the tensors fit more than one"),
         words(network_names()));
  whole_number(app->add_option("--image-size", arguments->load.image_size,
                               "height and width of the input, where the file does not say"),
               0, 4096);
  app->footer(
      "Example: alexnet convert alexnet-owt-7be5be79.pth imagenet.safetensors\n"
      "What a file from elsewhere does not say is assumed: ImageNet's names for 1000 classes,\n"
      "torchvision's preprocessing for RGB. In .safetensors all of it is kept.");
  return {.app = app, .run = [arguments] { return run_convert(*arguments); }};
}

}  // namespace alexnet::cli
