#include "formats/common/mean_image.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {

NamedView mean_image_view(const MeanImage& image) {
  return {.name = std::string(kMeanImage),
          .tensor = {.shape = {image.size.height, image.size.width, image.channels},
                     .values = image.values}};
}

std::shared_ptr<const MeanImage> to_mean_image(const Tensor& tensor, std::string_view source) {
  constexpr std::int64_t kLargest = 1 << 16;
  const Shape& shape = tensor.shape();
  const auto is_extent = [](std::int64_t extent) { return extent >= 1 && extent <= kLargest; };
  if (shape.size() != 3 || !std::ranges::all_of(shape, is_extent) ||
      !std::ranges::all_of(tensor.values(), [](float v) { return std::isfinite(v); })) {
    throw Error(fmt::format("{}: {} of shape {} is not an image of finite numbers", source,
                            kMeanImage, to_string(shape)));
  }
  return std::make_shared<MeanImage>(
      MeanImage{.size = {static_cast<int>(shape[0]), static_cast<int>(shape[1])},
                .channels = static_cast<int>(shape[2]),
                .values = {tensor.values().begin(), tensor.values().end()}});
}

std::shared_ptr<const MeanImage> enlarged(const MeanImage& image, Size size,
                                          const std::vector<float>& mean) {
  MeanImage large{.size = size, .channels = image.channels, .values = {}};
  const auto channels = static_cast<std::size_t>(image.channels);
  large.values.resize(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) *
                      channels);
  for (std::size_t i = 0; i < large.values.size(); ++i) large.values[i] = mean[i % channels];
  const int top = centre_offset(size.height - image.size.height);
  const int left = centre_offset(size.width - image.size.width);
  const auto row = static_cast<std::size_t>(image.size.width) * channels;
  for (int y = 0; y < image.size.height; ++y) {
    const auto from = image.values.begin() + static_cast<std::ptrdiff_t>(row) * y;
    const auto to = static_cast<std::ptrdiff_t>(channels) * ((y + top) * size.width + left);
    std::copy_n(from, row, large.values.begin() + to);
  }
  return std::make_shared<MeanImage>(std::move(large));
}

}  // namespace alexnet
