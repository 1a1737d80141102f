#pragma once

#include <alexnet/normalization.h>
#include <alexnet/parameters.h>

#include <memory>
#include <string_view>

namespace alexnet {

/// The tensor (size, size, channels) that holds a model's mean image beside its weights.
inline constexpr std::string_view kMeanImage = "normalization.mean_image";

NamedView mean_image_view(const MeanImage& image);

/// The inverse. Throws Error, beginning with `source`, unless the tensor is an image of
/// finite numbers.
std::shared_ptr<const MeanImage> to_mean_image(const Tensor& tensor, std::string_view source);

/// An image of `size` with `image` as its centre and the rest filled with the channels' means.
std::shared_ptr<const MeanImage> enlarged(const MeanImage& image, Size size,
                                          const std::vector<float>& mean);

}  // namespace alexnet
