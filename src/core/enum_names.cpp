#include <alexnet/enum_names.h>

#include <algorithm>

#include "core/unknown_name.h"

namespace alexnet {

std::size_t find_name(std::string_view noun, std::span<const std::string_view> names,
                      std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw unknown_name(noun, name, names, ErrorKind::bad_input);
}

}  // namespace alexnet
