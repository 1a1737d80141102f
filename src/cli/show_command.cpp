#include <alexnet/loader.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/training_options.h"
#include "core/counted.h"
#include "core/file.h"
#include "data/image/png_writer.h"
#include "data/output_place.h"
#include "report/contact_sheet.h"
#include "train/train_config.h"
#include "train/training_data.h"
#include "train/training_input.h"

namespace alexnet::cli {
namespace {

struct ShowArguments {
  TrainConfig config;
  std::string out;
  int count = 24;
  int epoch = 1;
};

// The shift is added to the bytes here; training adds it when it normalises them.
Image input_of(const Batch& batch, std::size_t position) {
  Image image{.height = batch.size.height,
              .width = batch.size.width,
              .channels = batch.channels,
              .pixels = {}};
  const std::size_t bytes = batch.pixels.size() / static_cast<std::size_t>(batch.count);
  const auto first = batch.pixels.begin() + static_cast<std::ptrdiff_t>(position * bytes);
  image.pixels.assign(first, first + static_cast<std::ptrdiff_t>(bytes));
  const std::array<float, 3>& shift = batch.placements[position].colour;
  if (shift == std::array<float, 3>{}) return image;
  constexpr float kWhite = 255.0F;
  for (std::size_t i = 0; i < bytes; ++i) {
    const float value = static_cast<float>(image.pixels[i]) +
                        kWhite * shift.at(i % static_cast<std::size_t>(image.channels));
    image.pixels[i] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, kWhite)));
  }
  return image;
}

std::vector<Exhibit> exhibits(const Dataset& train, const Batch& batch) {
  std::vector<Exhibit> result;
  for (std::size_t i = 0; i < batch.indices.size(); ++i) {
    Image stored = train.sample(batch.indices[i]).image;
    std::string label =
        fmt::format("{}  {}x{}", train.classes()[static_cast<std::size_t>(batch.labels[i])],
                    stored.width, stored.height);
    result.push_back(
        {.stored = std::move(stored), .input = input_of(batch, i), .label = std::move(label)});
  }
  return result;
}

// The first samples of a training epoch, as a run with these options would see them.
int run_show(ShowArguments& arguments) {
  TrainConfig& config = arguments.config;
  check_config(config);
  refuse_file_in_data(arguments.out, config.data);
  try_to_write(arguments.out);
  const DatasetPtr train = open_training_data(config).train;
  print_known_set_note(config.data);
  settle_preprocess(config, *train);
  ColourNoise& colour = config.augmentation.colour;
  if (colour.deviation > 0.0F) {
    ProgressBar bar;
    const auto progress = [&](std::int64_t done, std::int64_t total) {
      bar.show("reading images", static_cast<double>(done) / static_cast<double>(total),
               fmt::format("{} of {}", with_thousands(done), with_thousands(total)));
    };
    colour.axes = measure_pixels(*train, *config.preprocess, config.on_bad_image, progress).colours;
  }
  Loader loader(train, {.batch_size = static_cast<int>(
                            std::min(static_cast<std::size_t>(arguments.count), train->size())),
                        .seed = config.seed,
                        .shuffle = true,
                        .drop_last = true,
                        .preprocess = *config.preprocess,
                        .augmentation = config.augmentation,
                        .fast_decode = config.fast_decode,
                        .on_bad_image = config.on_bad_image});
  loader.start(static_cast<std::uint32_t>(arguments.epoch - 1));
  const Batch& batch = *loader.next();
  const std::string title = fmt::format(
      "{}: {} of {} training images, epoch {}, seed {}. Left as stored, right as training sees it.",
      config.data, batch.count, with_thousands(static_cast<std::int64_t>(train->size())),
      arguments.epoch, config.seed);
  save_png(arguments.out, contact_sheet(exhibits(*train, batch), title));
  fmt::print("{}\n", arguments.out);
  return kDone;
}

}  // namespace

Command add_show_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("show", "Draw what training sees: a sheet of augmented samples");
  const auto arguments = std::make_shared<ShowArguments>();
  app->add_option("--out", arguments->out, "the picture, a PNG file")
      ->type_name("FILE")
      ->required();
  whole_number(app->add_option("--count", arguments->count, "samples"), 1, 1000)
      ->capture_default_str();
  whole_number(app->add_option("--epoch", arguments->epoch, "epoch whose random draws are shown"),
               1, 100'000)
      ->capture_default_str();
  add_input_options(*app, arguments->config);
  app->get_option("DATA")->required();
  app->footer(
      "Example: alexnet show photos --image-size 224 --random-resized-crop --out sheet.png");
  return {.app = app, .run = [arguments] { return run_show(*arguments); }};
}

}  // namespace alexnet::cli
