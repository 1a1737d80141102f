#pragma once

#include <span>
#include <string_view>

namespace alexnet::serve {

/// A file of the page (src/serve/page/), compiled in.
struct Asset {
  std::string_view name;  ///< "index.html", "examples/bag.svg"
  std::string_view content;
};

std::span<const Asset> assets();

}  // namespace alexnet::serve
