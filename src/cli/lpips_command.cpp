#include <alexnet/error.h>
#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/lpips_pairs.h"
#include "cli/lpips_report.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/weights.h"
#include "core/stopwatch.h"
#include "data/image/formats.h"
#include "data/image/png_writer.h"
#include "infer/lpips/pair_files.h"
#include "infer/npy.h"
#include "report/distance_picture.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kShort = 2;  // seconds that need no progress bar

struct LpipsArguments {
  std::vector<std::string> images;
  std::string weights;
  bool all_pairs = false;
  bool resize = false;
  std::string map;
  std::string csv;
  bool json = false;
  std::optional<double> fail_above;
  LpipsOptions options;
};

void check_arguments(const LpipsArguments& arguments) {
  if (!arguments.map.empty() && fs::path(arguments.map).extension() != ".png") {
    throw CLI::ValidationError("--map", "is a picture; give a name that ends in .png");
  }
  if (arguments.images.size() < 2 && !arguments.all_pairs) {
    throw CLI::ValidationError("IMAGE", "is needed at least once besides the REFERENCE");
  }
}

// The picture, and the values beside it.
void write_map(Lpips& lpips, const LpipsArguments& arguments, const LpipsPairs& pairs) {
  if (pairs.all.size() != 1) {
    throw CLI::ValidationError(
        "--map", fmt::format("is of two images, and these are {} pairs", pairs.all.size()));
  }
  const ReadPair images = read_pair(pairs.all.front(), arguments.resize);
  const Tensor map = lpips.map(*images.reference, *images.image);
  NpyWriter values(fs::path(arguments.map).replace_extension(".npy"), "<f4", {map.shape()[1]});
  values.write(std::as_bytes(map.values()));
  values.commit();
  save_png(arguments.map, distance_picture(*images.reference, map));
}

bool is_above(const LpipsArguments& arguments, const Compared& result) {
  return arguments.fail_above && result.problem.empty() &&
         !(result.distance.distance <= *arguments.fail_above);
}

int run_lpips(const LpipsArguments& arguments) {
  check_arguments(arguments);
  const LpipsPairs pairs = find_pairs(arguments.images, arguments.all_pairs);
  for (const std::string& file : pairs.alone) {
    print_message(fmt::format("note: {} has no partner of its name", file));
  }
  const std::string weights = find_trunk(arguments.weights);
  Lpips lpips(load_trunk(weights), arguments.options);
  if (!arguments.map.empty()) write_map(lpips, arguments, pairs);
  LpipsReport report({.weights = weights,
                      .version = arguments.options.version,
                      .epsilon = arguments.options.epsilon,
                      .csv = arguments.csv,
                      .json = arguments.json},
                     pairs);
  ProgressBar bar;
  const Stopwatch watch;
  bool good = true;
  compare_files(lpips, pairs.all, arguments.resize, [&](const Compared& result) {
    bar.clear();
    report.add(result);
    good = good && result.problem.empty();
    if (is_above(arguments, result)) {
      print_error(fmt::format("{} is {:.6g} from {}, above {:g}", pairs.all[result.pair].image,
                              result.distance.distance, pairs.all[result.pair].reference,
                              *arguments.fail_above));
      good = false;
    }
    if (watch.seconds() < kShort) return;
    bar.show_images("lpips", static_cast<std::int64_t>(result.pair) + 1,
                    static_cast<std::int64_t>(pairs.all.size()));
  });
  bar.clear();
  report.finish();
  return good ? kDone : kBadInput;
}

}  // namespace

Command add_lpips_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("lpips", "Say how different images look to people (LPIPS)");
  const auto arguments = std::make_shared<LpipsArguments>();
  app->add_option("IMAGE", arguments->images,
                  fmt::format("a reference and images to compare with it, or two folders whose "
                              "images are compared by name: {}",
                              image_format_names()))
      ->type_name("")
      ->required();
  app->add_option("--weights", arguments->weights,
                  "weights of torchvision's AlexNet, in any format, or its convolutions alone "
                  "(convert --trunk)")
      ->type_name("FILE")
      ->default_str("$ALEXNET_WEIGHTS, or $ALEXNET_DATA/alexnet-trunk.safetensors");
  app->add_flag("--all-pairs", arguments->all_pairs, "compare every image with every other");
  app->add_flag("--resize", arguments->resize, "images to the size of their reference");
  app->add_option("--map", arguments->map,
                  "picture of where two images differ; X.npy beside it has the values")
      ->type_name("X.png");
  app->add_option("--csv", arguments->csv, "file for all distances, also of each layer")
      ->type_name("FILE");
  add_json_flag(*app, arguments->json);
  number(app->add_option("--fail-above", arguments->fail_above,
                         "exit with 1, and say which, where a distance is larger"),
         0, 1000);
  enum_option(*app, "--lpips-version", arguments->options.version, "of the linear weights");
  enum_option(*app, "--epsilon", arguments->options.epsilon, "whose numbers: they differ");
  add_engine_option(*app, arguments->options.engine);
  add_threads_option(*app, arguments->options.threads);
  app->footer(
      "Example: alexnet lpips original.png decoded.jpg --weights alexnet-owt-7be5be79.pth\n"
      "0 is equal; what is published is mostly version 0.1 with torchvision's weights.");
  return {.app = app, .run = [arguments] { return run_lpips(*arguments); }};
}

}  // namespace alexnet::cli
