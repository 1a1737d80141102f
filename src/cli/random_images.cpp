#include "cli/random_images.h"

#include <alexnet/random.h>

#include <algorithm>

namespace alexnet::cli {

RandomImages::RandomImages(const Architecture& net, int count)
    : count_(count), channels_(net.in_channels), height_(net.height), width_(net.width) {
  const std::int64_t size = element_count({count, channels_, height_, width_});
  std::vector<float> values(static_cast<std::size_t>(size));
  fill_uniform(values, {.seed = 1}, 0.0F, 255.0F);
  bytes_.resize(values.size());
  std::ranges::transform(values, bytes_.begin(),
                         [](float value) { return static_cast<std::uint8_t>(value); });
}

Images RandomImages::images() const {
  return Images::from_bytes(
      bytes_, {.count = count_, .channels = channels_, .height = height_, .width = width_});
}

}  // namespace alexnet::cli
