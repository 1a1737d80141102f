#pragma once

#include <alexnet/normalization.h>
#include <alexnet/size.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace alexnet {

/// scale * x + shift for each channel, and perhaps each pixel: what arithmetic before the first
/// layer amounts to.
class OnnxAffine {
 public:
  explicit OnnxAffine(std::size_t channels) : scale_(channels, 1.0), shift_(channels, 0.0) {}

  /// Add, Sub, Mul or Div of a number for each channel.
  void apply(std::string_view type, std::span<const float> numbers);
  /// Add or Sub of a number for each pixel (c, h, w) of an image of `size`.
  void apply_image(std::string_view type, const Tensor& numbers, Size size);
  /// The same as a normalization of pixels of 0 … 255. Throws Error, beginning with `source`, where
  /// it is none.
  Normalization normalization(std::string_view source) const;

 private:
  std::span<double> pixels(std::size_t channel);
  void add_mean_image(Normalization& normalization) const;

  std::vector<double> scale_;
  std::vector<double> shift_;
  std::vector<double> image_;  // a further shift of each pixel; empty: none
  Size image_size_;
};

}  // namespace alexnet
