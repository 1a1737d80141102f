#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

/// What tests of pages ask of them.
namespace alexnet::test {

/// The content of the element that begins with `opening`, up to its end tag.
inline std::string content(const std::string& html, std::string_view opening,
                           std::string_view closing) {
  const std::size_t begin = html.find(opening);
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + opening.size();
  return html.substr(from, html.find(closing, from) - from);
}

/// What the page's script reads.
inline nlohmann::json page_data(const std::string& html) {
  return nlohmann::json::parse(
      content(html, "<script type=\"application/json\" id=\"data\">", "</script>"));
}

/// The page with scripts and styles emptied.
inline std::string skeleton(const std::string& html) {
  std::string rest;
  std::size_t at = 0;
  for (;;) {
    const std::size_t script = html.find("<script", at);
    const std::size_t style = html.find("<style", at);
    const std::size_t next = std::min(script, style);
    if (next == std::string::npos) return rest + html.substr(at);
    const std::size_t body = html.find('>', next) + 1;
    rest += html.substr(at, body - at);
    at = html.find(next == script ? "</script>" : "</style>", body);
  }
}

/// Every tag is closed in its turn, and there is one head and one body.
inline void expect_well_formed(const std::string& html) {
  const std::string text = skeleton(html);
  EXPECT_TRUE(text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^<>]*>");
  for (std::sregex_iterator it(text.begin(), text.end(), tag); it != std::sregex_iterator(); ++it) {
    const std::string name = (*it)[2];
    if (name == "meta") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << "</" << name << ">";
    EXPECT_EQ(open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty()) << open.back();
  for (const char* part : {"<head>", "</head>", "<body>", "</body>", "<title>"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

/// Nothing in the page is fetched from anywhere.
inline void expect_self_contained(const std::string& html) {
  const std::string data = content(html, "id=\"data\">", "</script>");
  const std::regex loads(R"((src|href)\s*=\s*["']?\s*(https?:|//)|@import|url\(\s*["']?https?:)");
  EXPECT_FALSE(std::regex_search(skeleton(html), loads));
  EXPECT_FALSE(std::regex_search(content(html, "<style>", "</style>"), loads));
  for (const char* load : {"fetch(", "XMLHttpRequest", "importScripts", "new Worker(", "\"http"}) {
    EXPECT_EQ(html.find(load), std::string::npos) << load;
  }
  EXPECT_EQ(data.find('<'), std::string::npos);  // nothing in it can end the script
}

}  // namespace alexnet::test
