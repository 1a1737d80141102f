#include "data/loading/batch_maker.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>

namespace alexnet {
namespace {

std::size_t bytes_of(Size size, int channels) {
  return static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) *
         static_cast<std::size_t>(channels);
}

InputOptions input_options(const LoaderOptions& options) {
  InputOptions result{options.preprocess, options.augmentation, options.fast_decode};
  if (options.ten_crops) {
    result.preprocess.crop = options.preprocess.resize;
    result.augmentation.reset();
  }
  return result;
}

}  // namespace

BatchMaker::BatchMaker(const Dataset& dataset, const LoaderOptions& options)
    : dataset_(dataset),
      options_(options),
      crops_(ten_crop_placements(options.preprocess)),
      image_bytes_(bytes_of(options.preprocess.crop, options.preprocess.channels)),
      inputs_(input_options(options)) {
  if (!options.ten_crops) return;
  const Size size = options.preprocess.resize;
  const int channels = options.preprocess.channels;
  middle_ = {.height = size.height, .width = size.width, .channels = channels, .pixels = {}};
  middle_.pixels.resize(bytes_of(size, channels));
}

void BatchMaker::make(std::span<const std::uint32_t> indices, std::uint32_t epoch,
                      const std::stop_token& stop, Batch& batch) {
  batch.views = static_cast<int>(options_.ten_crops ? crops_.size() : 1);
  batch.channels = options_.preprocess.channels;
  batch.size = options_.preprocess.crop;
  const std::size_t sample_bytes = static_cast<std::size_t>(batch.views) * image_bytes_;
  batch.pixels.resize(indices.size() * sample_bytes);
  batch.placements.clear();
  batch.labels.clear();
  batch.indices.clear();
  batch.bad.clear();
  for (const std::uint32_t index : indices) {
    if (stop.stop_requested()) return;
    add(index, epoch, batch);
  }
  batch.count = static_cast<int>(batch.labels.size()) * batch.views;
  batch.pixels.resize(batch.labels.size() * sample_bytes);
}

// The sample or what stands in for it, if anything does. The draws are the sample's in any case.
void BatchMaker::add(std::uint32_t index, std::uint32_t epoch, Batch& batch) {
  constexpr std::size_t kMostInARow = 1000;
  const RandomKey draws{
      .seed = options_.seed, .purpose = Purpose::augmentation, .major = epoch, .minor = index};
  const std::size_t candidates =
      options_.drop_last ? std::min(dataset_.size(), kMostInARow) : std::size_t{1};
  for (std::size_t i = 0; i < candidates; ++i) {
    if (try_sample(static_cast<std::uint32_t>((index + i) % dataset_.size()), draws, batch)) return;
  }
  if (options_.drop_last) {
    throw Error(
        fmt::format("{} images in a row cannot be decoded, from {} on; alexnet check lists them",
                    candidates, dataset_.name(index)));
  }
}

bool BatchMaker::try_sample(std::uint32_t index, const RandomKey& draws, Batch& batch) {
  try {
    dataset_.read(index, sample_);
    add_views(draws, batch);
    batch.labels.push_back(sample_.label);
    batch.indices.push_back(index);
    return true;
  } catch (const ImageError& error) {
    if (options_.on_bad_image == OnBadImage::stop) throw;
    batch.bad.push_back({index, dataset_.name(index), error.problem(), dataset_.key(index)});
    return false;
  }
}

void BatchMaker::add_views(const RandomKey& draws, Batch& batch) {
  const std::size_t done = batch.labels.size() * static_cast<std::size_t>(batch.views);
  std::uint8_t* const target = batch.pixels.data() + done * image_bytes_;
  if (options_.ten_crops) {
    inputs_.make(sample_, draws, middle_.pixels.data());
    add_ten_crops(target);
    batch.placements.insert(batch.placements.end(), crops_.begin(), crops_.end());
    return;
  }
  const Framing framing = inputs_.make(sample_, draws, target);
  if (!options_.augmentation) return;
  Placement place = find_placement(framing, options_.preprocess.resize);
  const ColourNoise& colour = options_.augmentation->colour;
  RandomKey colour_draws = draws;
  colour_draws.purpose = Purpose::colour;
  if (colour.deviation > 0.0F) place.colour = draw_colour(colour, colour_draws);
  batch.placements.push_back(place);
}

void BatchMaker::add_ten_crops(std::uint8_t* target) {
  const Size size = options_.preprocess.crop;
  for (const Placement& place : crops_) {
    const Image upright = crop(middle_, {place.top, place.left, size.height, size.width});
    const Image view = place.mirrored ? flip_horizontally(upright) : upright;
    target = std::ranges::copy(view.pixels, target).out;
  }
}

}  // namespace alexnet
