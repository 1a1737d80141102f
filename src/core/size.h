#pragma once

#include <alexnet/size.h>

#include <optional>
#include <string_view>

namespace alexnet {

/// The inverse of to_string(Size): "224", "160x240". None of anything else.
std::optional<Size> parse_size(std::string_view text);

}  // namespace alexnet
