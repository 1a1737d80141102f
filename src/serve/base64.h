#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alexnet::serve {

/// Nothing unless the text is base64 (RFC 4648, with its padding); line breaks are passed over.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace alexnet::serve
