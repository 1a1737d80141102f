#pragma once

#include <alexnet/images.h>
#include <alexnet/tensor.h>
#include <alexnet_c.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capi/call.h"

/// Values of the C interface as the library's.
namespace alexnet::capi {

/// "" for NULL.
inline std::string text_of(const char* text) {
  return text == nullptr ? "" : text;
}

/// Throws Error where `texts` or one of them is NULL, and there are some.
std::vector<std::string> texts_of(const Call& call, const char* const* texts, std::size_t count,
                                  std::string_view name);

/// Throws Error where they are not what the struct says.
Images images_of(const Call& call, const alexnet_images* images, std::string_view name = "images");

/// Throws Error where the tensor has another shape than is wanted, or values that are not finite.
std::span<const float> values_of(const Call& call, const alexnet_tensor& tensor,
                                 const Shape& wanted, std::string_view name);

/// It points to these values.
alexnet_tensor tensor_of(const Shape& shape, std::span<const float> values);

}  // namespace alexnet::capi
