#pragma once

#include <string_view>

/// The files of src/serve/page/, compiled in by cmake/embed.cmake.
namespace alexnet::serve::assets {

extern const std::string_view kIndex;
extern const std::string_view kStyle;
extern const std::string_view kScript;
extern const std::string_view kClient;
extern const std::string_view kCompare;
extern const std::string_view kCompareScript;
extern const std::string_view kAnswer;
extern const std::string_view kDrawings;
extern const std::string_view kIcon;
extern const std::string_view kOpenApi;

}  // namespace alexnet::serve::assets
