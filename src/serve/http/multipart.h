#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

/// One part of a form; `content` is a view into the body.
struct FormPart {
  std::string name;
  std::string filename;  ///< empty for a plain field
  std::string_view content;
};

/// The parts of a multipart/form-data body (RFC 7578). Throws Problem (400) when it is not
/// well-formed, has more than 1000 parts, or a part has more than 32 header lines.
std::vector<FormPart> parse_multipart(std::string_view body, std::string_view boundary);

}  // namespace alexnet::serve
