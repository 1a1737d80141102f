#include "core/shell_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace alexnet {

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./+,:@%").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted;
  for (const char c : text) {
    if (c == '\'') quoted += "'\\'";
    quoted += c;
  }
  return fmt::format("'{}'", quoted);
}

}  // namespace alexnet
