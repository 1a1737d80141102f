#pragma once

#include <span>
#include <string_view>

namespace alexnet {

/// Throws Error, beginning with `what` ("the output for cat.png"), unless all are finite.
void require_finite(std::span<const float> values, std::string_view what);

}  // namespace alexnet
