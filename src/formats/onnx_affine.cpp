#include "formats/onnx_affine.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cmath>

namespace alexnet {

void OnnxAffine::apply(std::string_view type, const Tensor& numbers) {
  for (std::size_t c = 0; c < scale_.size(); ++c) {
    const double number = numbers[static_cast<std::int64_t>(c)];
    if (type == "Add" || type == "Sub") {
      shift_[c] += type == "Add" ? number : -number;
    } else {
      const double factor = type == "Mul" ? number : 1.0 / number;
      scale_[c] *= factor;
      shift_[c] *= factor;
    }
  }
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
          fmt::format("{}: its normalisation of channel {} is x * {} + {}, which is none of pixels",
                      source, c, scale_[c], shift_[c]));
    }
  }
  return result;
}

}  // namespace alexnet
