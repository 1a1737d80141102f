#include <alexnet/pack.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/text.h"
#include "core/counted.h"
#include "core/stopwatch.h"
#include "data/output_place.h"
#include "data/sets/image_folder.h"
#include "data/sets/left_out.h"

namespace alexnet::cli {
namespace {

struct PackArguments {
  std::string folder;
  std::string shards;
  int megabytes = 256;
  std::uint64_t seed = 1;
};

int run_pack(const PackArguments& arguments) {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  refuse_folder_in_data(arguments.shards, arguments.folder);
  ProgressBar bar;
  const Stopwatch watch;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    bar.show(
        "packing", share,
        fmt::format("{} of {} images, {} left", with_thousands(static_cast<std::int64_t>(done)),
                    with_thousands(static_cast<std::int64_t>(total)),
                    duration(watch.seconds() * (1.0 - share) / share)));
  };
  const PackResult result =
      pack(arguments.folder, arguments.shards,
           {.shard_bytes = static_cast<std::uint64_t>(arguments.megabytes) * kMegabyte,
            .seed = arguments.seed},
           progress);
  bar.clear();
  if (!result.left_out.empty()) {
    print_message(fmt::format("left out: {}", left_out_text(result.left_out)));
  }
  print_note(ignored_note(image_folder_parts(arguments.folder)));
  fmt::print("{}: {} in {}, {} bytes\n", arguments.shards,
             counted(static_cast<std::int64_t>(result.images), "image"),
             counted(static_cast<std::int64_t>(result.shards), "shard"),
             with_thousands(static_cast<std::int64_t>(result.bytes)));
  return kDone;
}

}  // namespace

Command add_pack_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("pack", "Pack a folder of images into tar shards");
  const auto arguments = std::make_shared<PackArguments>();
  app->add_option("FOLDER", arguments->folder,
                  "a folder of class folders of images, or of train, val and test of these")
      ->type_name("")
      ->required();
  app->add_option("SHARDS", arguments->shards, "a folder for the shards, which is made")
      ->type_name("")
      ->required();
  whole_number(app->add_option("--shard-size", arguments->megabytes, "megabytes of a shard"), 1,
               1'000'000)
      ->capture_default_str();
  whole_number(app->add_option("--seed", arguments->seed, "seed of the order of the images"), 0,
               kUnlimited)
      ->capture_default_str();
  app->footer(
      "Example: alexnet pack photos photo-shards && alexnet train photo-shards\n"
      "The images' bytes stay as they are; the same folder gives the same shards.");
  return {.app = app, .run = [arguments] { return run_pack(*arguments); }};
}

}  // namespace alexnet::cli
