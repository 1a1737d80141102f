#include "formats/printable.h"

#include <algorithm>

namespace alexnet {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown(text.substr(0, kLongest));
  std::ranges::replace_if(
      shown, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  return text.size() > kLongest ? shown + "…" : shown;
}

}  // namespace alexnet
