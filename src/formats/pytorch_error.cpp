#include "formats/pytorch_error.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>

namespace alexnet {

void refuse_pytorch(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: not a complete PyTorch file: {}", source, why));
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown(text.substr(0, kLongest));
  std::ranges::replace_if(
      shown, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  return text.size() > kLongest ? shown + "…" : shown;
}

}  // namespace alexnet
