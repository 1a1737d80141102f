#pragma once

#include <string_view>

/// The linear layers of the package lpips 0.1.4 for AlexNet (BSD-2-Clause, LICENSE beside this
/// file): float32, little-endian, of the five layers in their order.
namespace alexnet::lpips_weights {

extern const std::string_view kVersion01;
extern const std::string_view kVersion00;

}  // namespace alexnet::lpips_weights
