#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>

#include "core/unicode.h"

namespace alexnet::cli {

std::string percent(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.1f} %", 100.0 * share);
}

std::string duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  if (total < kHour) return fmt::format("{}:{:02}", total / kMinute, total % kMinute);
  return fmt::format("{}:{:02}:{:02}", total / kHour, total % kHour / kMinute, total % kMinute);
}

std::string slug(std::string_view text) {
  constexpr unsigned char kAscii = 0x80;
  const bool has_letters = is_utf8(text);  // beyond ASCII
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= kAscii && has_letters) {
      result += c;
    } else if (byte < kAscii && std::isalnum(byte) != 0) {
      result += static_cast<char>(std::tolower(byte));
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  while (result.ends_with('-')) result.pop_back();
  return result;
}

std::string bar(double share, int columns) {
  const auto filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * columns));
  std::string text;
  for (int i = 0; i < columns; ++i) text += i < filled ? "█" : "░";
  return text;
}

std::size_t display_width(std::string_view text) {
  constexpr unsigned kMask = 0xC0;
  constexpr unsigned kContinuation = 0x80;
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & kMask) != kContinuation; }));
}

std::vector<std::string> wrap(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines{""};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (lines.back().empty()) {
      lines.back() = word;
    } else if (display_width(lines.back()) + 1 + display_width(word) <= columns) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string Table::text() const {
  std::vector<std::size_t> widths(alignment_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - display_width(row[i]), ' ');
      line += alignment_[i] == 'r' ? space + row[i] : row[i] + space;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string describe_resizing(const Preprocess& preprocess) {
  const auto& [height, width] = preprocess.resize;
  std::string text = fmt::format("to {} x {}", height, width);
  if (preprocess.fit == Fit::cover) {
    text = height == width ? fmt::format("short side to {}", height)
                           : fmt::format("to cover {} x {}", height, width);
  }
  if (preprocess.interpolation != Interpolation::bilinear) {
    text += fmt::format(", {}", to_string(preprocess.interpolation));
  }
  return text;
}

}  // namespace alexnet::cli
