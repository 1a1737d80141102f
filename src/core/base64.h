#pragma once

#include <optional>
#include <string>
#include <string_view>

/// RFC 4648, section 4, with padding.
namespace alexnet {

std::string to_base64(std::string_view bytes);

/// Nothing unless the text is base64; line breaks are passed over.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace alexnet
