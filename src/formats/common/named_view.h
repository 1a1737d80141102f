#pragma once

#include <alexnet/parameters.h>

#include <span>
#include <string_view>

namespace alexnet {

/// Throws Error on a name that occurs twice or a shape that does not fit its values; `format` names
/// what was to be written.
void check_writable(std::span<const NamedView> tensors, std::string_view format);

}  // namespace alexnet
