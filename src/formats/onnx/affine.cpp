#include "formats/onnx/affine.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <utility>

namespace alexnet {

void OnnxAffine::apply(std::string_view type, std::span<const float> numbers) {
  for (std::size_t c = 0; c < scale_.size(); ++c) {
    const double number = numbers[c];
    if (type == "Add" || type == "Sub") {
      shift_[c] += type == "Add" ? number : -number;
    } else {
      const double factor = type == "Mul" ? number : 1.0 / number;
      scale_[c] *= factor;
      shift_[c] *= factor;
      for (double& shift : pixels(c)) shift *= factor;
    }
  }
}

std::span<double> OnnxAffine::pixels(std::size_t channel) {
  const std::size_t size = image_.size() / scale_.size();
  return std::span(image_).subspan(channel * size, size);
}

void OnnxAffine::apply_image(std::string_view type, const Tensor& numbers, Size size) {
  image_size_ = size;
  image_.resize(numbers.values().size(), 0.0);
  for (std::size_t i = 0; i < image_.size(); ++i) {
    image_[i] += type == "Add" ? numbers.values()[i] : -numbers.values()[i];
  }
}

// Pixel by pixel of interleaved channels; `normalization` gets its channels' means.
void OnnxAffine::add_mean_image(Normalization& normalization) const {
  const std::size_t channels = scale_.size();
  const std::size_t pixels = image_.size() / channels;
  MeanImage image{.size = image_size_, .channels = static_cast<int>(channels), .values = {}};
  image.values.resize(image_.size());
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0.0;
    for (std::size_t i = 0; i < pixels; ++i) {
      const double mean = -(shift_[c] + image_[c * pixels + i]) * normalization.deviation[c];
      image.values[i * channels + c] = static_cast<float>(mean);
      sum += mean;
    }
    normalization.mean[c] = static_cast<float>(sum / static_cast<double>(pixels));
  }
  normalization.mean_image = std::make_shared<MeanImage>(std::move(image));
}

Normalization OnnxAffine::normalization(std::string_view source) const {
  constexpr double kWhite = 255.0;
  Normalization result;
  for (std::size_t c = 0; c < scale_.size(); ++c) {
    // scale = 1 / (255 deviation), shift = -mean / deviation
    const double deviation = 1.0 / (kWhite * scale_[c]);
    result.deviation.push_back(static_cast<float>(deviation));
    result.mean.push_back(static_cast<float>(-shift_[c] * deviation));
    if (!(std::isfinite(result.deviation[c]) && result.deviation[c] > 0.0F &&
          std::isfinite(result.mean[c]))) {
      throw Error(
          fmt::format("{}: its normalisation of channel {} is x * {} + {}, which is none of "
                      "pixels; export the network without it",
                      source, c, scale_[c], shift_[c]));
    }
  }
  if (!image_.empty()) add_mean_image(result);
  return result;
}

}  // namespace alexnet
