#pragma once

#include <alexnet/normalization.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace alexnet {

/// scale * x + shift for each channel: what arithmetic before the first layer amounts to.
class OnnxAffine {
 public:
  explicit OnnxAffine(std::size_t channels) : scale_(channels, 1.0), shift_(channels, 0.0) {}

  /// Add, Sub, Mul or Div of a number for each channel.
  void apply(std::string_view type, const Tensor& numbers);
  /// The same as a normalization of pixels of 0 … 255. Throws Error, beginning with `source`, where
  /// it is none.
  Normalization normalization(std::string_view source) const;

 private:
  std::vector<double> scale_;
  std::vector<double> shift_;
};

}  // namespace alexnet
