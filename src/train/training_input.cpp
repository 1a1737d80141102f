#include "train/training_input.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace alexnet {
namespace {

// ImageNet's, as torchvision has them.
Normalization imagenet_normalization(const TrainConfig& config) {
  if (config.preprocess->channels != 3) {
    throw Error(fmt::format(
        "ImageNet's mean and deviation are of three channels and {} has {}; normalise by the "
        "data's (--normalize channels)",
        config.data, config.preprocess->channels));
  }
  return {.mean = {0.485F, 0.456F, 0.406F}, .deviation = {0.229F, 0.224F, 0.225F}};
}

// Bytes less their mean: the values keep their size.
Normalization by_pixels(MeanImage image) {
  Normalization result;
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t i = c; i < image.values.size(); i += channels) sum += image.values[i];
    const std::size_t pixels = image.values.size() / channels;
    result.mean.push_back(static_cast<float>(sum / static_cast<double>(pixels)));
    result.deviation.push_back(1.0F / 255.0F);
  }
  result.mean_image = std::make_shared<MeanImage>(std::move(image));
  return result;
}

bool wants_mean_image(const TrainConfig& config) {
  const bool has = config.normalization && config.normalization->mean_image;
  return config.normalization_kind == NormalizationKind::pixels && !has;
}

// Whatever needs the whole training set's pixels.
void measure(TrainConfig& config, const Dataset& train, TrainObserver& observer,
             const std::atomic<bool>& stop) {
  ColourNoise& colour = config.augmentation.colour;
  const bool wants_colours = colour.deviation > 0.0F && colour.axes.empty();
  if (!wants_colours && !wants_mean_image(config)) return;
  observer.message(fmt::format("reading {} training images for their {}{}{}", train.size(),
                               wants_mean_image(config) ? "mean image" : "",
                               wants_mean_image(config) && wants_colours ? " and " : "",
                               wants_colours ? "colours" : ""));
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    observer.measuring(done, total);
    if (stop) throw StoppedMeasuring();
  };
  PixelStatistics pixels = measure_pixels(train, *config.preprocess, config.on_bad_image, progress);
  if (wants_colours) colour.axes = std::move(pixels.colours);
  if (wants_mean_image(config)) config.normalization = by_pixels(std::move(pixels.mean));
}

}  // namespace

void settle_preprocess(TrainConfig& config, const Dataset& train) {
  if (config.preprocess) return;
  config.preprocess = default_preprocess(train, config.image_size);
  if (config.margin) config.preprocess->resize = with_margin(config.image_size);
}

void settle_input(TrainConfig& config, const Dataset& train, TrainObserver& observer,
                  const std::atomic<bool>& stop) {
  settle_preprocess(config, train);
  measure(config, train, observer, stop);
  if (config.normalization) return;
  config.normalization =
      config.normalization_kind == NormalizationKind::imagenet
          ? imagenet_normalization(config)
          : measure_normalization(train, *config.preprocess, config.on_bad_image);
}

}  // namespace alexnet
