#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet::serve {

/// Header fields in the order of arrival. Names are compared without case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first field of this name; empty when there is none.
std::string_view find_header(const Headers& headers, std::string_view name);
std::size_t count_headers(const Headers& headers, std::string_view name);
/// The elements of a list, "a, b", without those that are empty (RFC 9110, 5.6.1).
std::vector<std::string_view> list_elements(std::string_view value);
std::string lower_case(std::string_view text);
/// A Content-Type in lower case without its parameters: "multipart/form-data".
std::string media_type(std::string_view content_type);
/// A parameter of a header's value: header_parameter("form-data; name=\"a\"", "name") is "a".
std::optional<std::string> header_parameter(std::string_view value, std::string_view name);

}  // namespace alexnet::serve
