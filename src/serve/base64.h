#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

std::string to_base64(std::span<const std::uint8_t> bytes);
/// Nothing unless the text is base64 (RFC 4648, with its padding); line breaks are passed over.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace alexnet::serve
