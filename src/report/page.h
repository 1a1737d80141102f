#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

struct Page {
  std::string title;
  std::vector<std::string_view> scripts;  ///< run after the common one
  std::string_view chart_library;         ///< empty: the page has no charts
  std::string_view chart_licence;
};

/// One file that needs no other: the common style and script, the page's own, and `data` for them.
std::string to_html(const Page& page, const nlohmann::json& data);

}  // namespace alexnet
