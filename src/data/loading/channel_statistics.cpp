#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/loader.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/threads.h"

namespace alexnet {
namespace {

// Exact integers, so that the result does not depend on the order of the additions.
struct Moments {
  std::uint64_t sum = 0;
  std::uint64_t sum_of_squares = 0;
};

DatasetPtr evenly_spaced(const Dataset& dataset, std::size_t limit) {
  const std::size_t count = std::min(dataset.size(), limit);
  std::vector<std::uint32_t> indices;
  indices.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    indices.push_back(static_cast<std::uint32_t>(i * dataset.size() / count));
  }
  const DatasetPtr borrowed(DatasetPtr{}, &dataset);  // the caller keeps it alive
  return make_subset(borrowed, std::move(indices));
}

void add(const Batch& batch, std::vector<Moments>& channels) {
  for (std::size_t i = 0; i < batch.pixels.size(); i += channels.size()) {
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const std::uint64_t value = batch.pixels[i + c];
      channels[c].sum += value;
      channels[c].sum_of_squares += value * value;
    }
  }
}

}  // namespace

Size with_margin(Size size) {
  const auto extent = [](int crop) { return static_cast<int>(std::lround(crop * 256.0 / 224.0)); };
  return {extent(size.height), extent(size.width)};
}

Preprocess default_preprocess(const Dataset& dataset, Size size) {
  return {.resize = dataset.uniform_size() ? size : with_margin(size),
          .crop = size,
          .channels = dataset.channels()};
}

Normalization measure_normalization(const Dataset& dataset, const Preprocess& settings,
                                    OnBadImage bad_images, std::size_t limit) {
  Loader loader(evenly_spaced(dataset, limit), {.batch_size = 32,
                                                .workers = available_threads(),
                                                .preprocess = settings,
                                                .on_bad_image = bad_images});
  std::vector<Moments> channels(static_cast<std::size_t>(settings.channels));
  std::size_t pixels = 0;
  loader.start(0);
  while (const Batch* batch = loader.next()) {
    add(*batch, channels);
    pixels += batch->pixels.size() / channels.size();
  }
  if (pixels == 0)
    throw Error("not one image of the training set can be decoded; alexnet check says why");
  Normalization result;
  for (const Moments& channel : channels) {
    const auto n = static_cast<double>(pixels);
    const double mean = static_cast<double>(channel.sum) / n;
    const double variance = static_cast<double>(channel.sum_of_squares) / n - mean * mean;
    // A constant channel stays as it is.
    const double deviation = variance > 1e-6 ? std::sqrt(variance) : 255.0;
    result.mean.push_back(static_cast<float>(mean / 255.0));
    result.deviation.push_back(static_cast<float>(deviation / 255.0));
  }
  return result;
}

}  // namespace alexnet
