#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace alexnet {

/// A page of its own: the project's style and script, `data` for the script, and what else is
/// given. `script` and `style` come after the common ones.
struct Page {
  std::string title;
  std::string_view script;
  std::string_view chart_library;  ///< empty: the page has no charts
  std::string_view chart_licence;
};

std::string to_html(const Page& page, const nlohmann::json& data);

}  // namespace alexnet
