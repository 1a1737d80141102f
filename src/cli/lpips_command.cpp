#include <alexnet/lpips.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
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

fs::path values_beside(const std::string& map) {
  return fs::path(map).replace_extension(".npy");
}

void check_map(const std::string& map, const LpipsPairs& pairs) {
  if (pairs.all.size() != 1) {
    throw CLI::ValidationError(
        "--map", fmt::format("is of two images, and these are {} pairs", pairs.all.size()));
  }
  const FilePair& pair = pairs.all.front();
  for (const fs::path& output : {fs::path(map), values_beside(map)}) {
    for (const std::string& input : {pair.reference, pair.image}) {
      std::error_code absent;
      if (!fs::equivalent(output, input, absent)) continue;
      throw CLI::ValidationError("--map",
                                 fmt::format("would overwrite {}; give another name", input));
    }
  }
}

// The picture, and the values beside it.
void write_map(const std::string& path, const Mapped& mapped) {
  NpyWriter values(values_beside(path), "<f4", {mapped.map.shape()[1]});
  values.write(std::as_bytes(mapped.map.values()));
  values.commit();
  save_png(path, distance_picture(*mapped.reference, mapped.map));
}

// Whether every reference has an image, where a limit makes that matter.
bool tell_of_lone(const LpipsArguments& arguments, const LpipsPairs& pairs) {
  for (const std::string& image : pairs.lone_images) {
    print_message(fmt::format("note: {} has no partner of its name", image));
  }
  for (const std::string& reference : pairs.lone_references) {
    const std::string line = fmt::format("{} has no partner of its name", reference);
    if (arguments.fail_above) {
      print_error(fmt::format("{}; --fail-above needs one", line));
    } else {
      print_message(fmt::format("note: {}", line));
    }
  }
  return !arguments.fail_above || pairs.lone_references.empty();
}

// Whether there is a distance, within the limit.
bool tell_of_limit(const LpipsArguments& arguments, const FilePair& pair, const Compared& result) {
  if (!result.problem.empty()) return false;
  const double distance = result.distance.distance;
  if (!arguments.fail_above || distance <= *arguments.fail_above) return true;
  print_error(fmt::format("{} is {:.6g} from {}, above {:g}", pair.image, distance, pair.reference,
                          *arguments.fail_above));
  return false;
}

// Compares all, and tells of each.
void compare_all(Lpips& lpips, const LpipsArguments& arguments, const LpipsPairs& pairs,
                 const std::function<void(const Compared&)>& tell) {
  if (!arguments.map.empty()) {
    const Mapped mapped = map_files(lpips, pairs.all.front(), arguments.resize);
    if (mapped.result.problem.empty()) write_map(arguments.map, mapped);
    return tell(mapped.result);
  }
  ProgressBar bar;
  const Stopwatch watch;
  compare_files(lpips, pairs.all, arguments.resize, [&](const Compared& result) {
    bar.clear();
    tell(result);
    if (watch.seconds() < kShort) return;
    bar.show_count("lpips", static_cast<std::int64_t>(result.pair) + 1,
                   static_cast<std::int64_t>(pairs.all.size()), "pairs");
  });
}

int run_lpips(const LpipsArguments& arguments) {
  check_arguments(arguments);
  const LpipsPairs pairs = find_pairs(arguments.images, arguments.all_pairs);
  if (!arguments.map.empty()) check_map(arguments.map, pairs);
  bool good = tell_of_lone(arguments, pairs);
  auto [weights, model] = open_trunk(find_trunk(arguments.weights));
  Lpips lpips(std::move(model), arguments.options);
  LpipsReport report({.weights = weights,
                      .version = arguments.options.version,
                      .epsilon = arguments.options.epsilon,
                      .csv = arguments.csv,
                      .json = arguments.json},
                     pairs);
  compare_all(lpips, arguments, pairs, [&](const Compared& result) {
    report.add(result);
    good = tell_of_limit(arguments, pairs.all[result.pair], result) && good;
  });
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
  number(app->add_option(
             "--fail-above", arguments->fail_above,
             "exit with 1, and say which, where a distance is larger, or an image of the first "
             "folder has no partner"),
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
