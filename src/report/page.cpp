#include "report/page.h"

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "report/assets.h"

namespace alexnet {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// Nothing in JSON may end the script that holds it; "<" occurs in its strings only.
std::string json_for_script(const nlohmann::json& data) {
  std::string result;
  for (const char c : to_text(data)) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

std::string element(std::string_view tag, std::string_view content) {
  const std::string_view name = tag.substr(0, tag.find(' '));
  std::string text = "<";
  text.append(tag).append(">").append(content).append("</").append(name).append(">\n");
  return text;
}

}  // namespace

std::string to_html(const Page& page, const nlohmann::json& data) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n";
  html += element("title", escaped(page.title));
  html += element("style", assets::kStyle);
  html += "</head>\n<body>\n<main id=\"page\"><noscript>This page needs JavaScript.</noscript>";
  html += "</main>\n";
  if (!page.chart_library.empty()) {
    html += "<footer><details><summary>Licence of Chart.js, which draws the curves</summary>";
    html += element("pre", escaped(page.chart_licence)) + "</details></footer>\n";
    html += element("script", page.chart_library);
  }
  html += element(R"(script type="application/json" id="data")", json_for_script(data));
  html += element("script", assets::kCommonScript);
  for (const std::string_view script : page.scripts) html += element("script", script);
  return html + "</body>\n</html>\n";
}

}  // namespace alexnet
