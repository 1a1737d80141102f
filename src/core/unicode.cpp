#include "core/unicode.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace alexnet {
namespace {

// Bytes of the character that the text begins with; 0 where none does.
std::size_t first_character(std::string_view text) {
  utf8proc_int32_t character = 0;
  const utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &character);
  return length > 0 ? static_cast<std::size_t>(length) : 0;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string compose(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &composed, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size)};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = first_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string as_utf8(std::string_view name) {
  if (is_utf8(name)) return std::string(name);
  std::string text;
  while (!name.empty()) {
    const std::size_t length = first_character(name);
    if (length == 0 || name.front() == '\\') {
      text += fmt::format("\\x{:02X}", static_cast<unsigned char>(name.front()));
      name.remove_prefix(1);
    } else {
      text += name.substr(0, length);
      name.remove_prefix(length);
    }
  }
  return text;
}

void sort_names(std::vector<std::string>& names) {
  if (std::ranges::all_of(names, is_ascii)) {
    std::ranges::sort(names);
    return;
  }
  std::vector<std::pair<std::string, std::string>> composed;
  composed.reserve(names.size());
  for (std::string& name : names) {
    std::string key = compose(name);
    composed.emplace_back(std::move(key), std::move(name));
  }
  std::ranges::sort(composed);
  std::ranges::transform(composed, names.begin(),
                         [](auto& pair) { return std::move(pair.second); });
}

}  // namespace alexnet
