#include "formats/mean_image.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {

NamedView mean_image_view(const MeanImage& image) {
  return {.name = std::string(kMeanImage),
          .tensor = {.shape = {image.size, image.size, image.channels}, .values = image.values}};
}

std::shared_ptr<const MeanImage> to_mean_image(const Tensor& tensor, std::string_view source) {
  constexpr std::int64_t kLargest = 1 << 16;
  const Shape& shape = tensor.shape();
  if (shape.size() != 3 || shape[0] != shape[1] || shape[0] < 1 || shape[0] > kLargest ||
      shape[2] < 1 ||
      !std::ranges::all_of(tensor.values(), [](float v) { return std::isfinite(v); })) {
    throw Error(fmt::format("{}: {} of shape {} is not a square image of finite numbers", source,
                            kMeanImage, to_string(shape)));
  }
  return std::make_shared<MeanImage>(
      MeanImage{.size = static_cast<int>(shape[0]),
                .channels = static_cast<int>(shape[2]),
                .values = {tensor.values().begin(), tensor.values().end()}});
}

}  // namespace alexnet
