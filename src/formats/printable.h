#pragma once

#include <string>
#include <string_view>

namespace alexnet {

/// Text from a file for a message: at most 80 bytes, control characters as '?'.
std::string printable(std::string_view text);

}  // namespace alexnet
