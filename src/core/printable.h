#pragma once

#include <string>
#include <string_view>

namespace alexnet {

/// Text from a file for a message: whole characters of its first 80 bytes, as UTF-8 (as_utf8),
/// control characters as '?'.
std::string printable(std::string_view text);

}  // namespace alexnet
