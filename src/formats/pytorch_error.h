#pragma once

#include <string>
#include <string_view>

namespace alexnet {

/// Throws Error: `source` (a file, say) is damaged, and why.
[[noreturn]] void refuse_pytorch(std::string_view source, std::string_view why);

/// Text from a file for a message: at most 80 bytes, control characters as '?'.
std::string printable(std::string_view text);

}  // namespace alexnet
