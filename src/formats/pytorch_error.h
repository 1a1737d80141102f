#pragma once

#include <string_view>

#include "formats/printable.h"

namespace alexnet {

/// Throws Error: `source` (a file, say) is damaged, and why.
[[noreturn]] void refuse_pytorch(std::string_view source, std::string_view why);

}  // namespace alexnet
