#include "core/unknown_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace alexnet {

Error unknown_name(std::string_view noun, std::string_view name,
                   std::span<const std::string_view> names, ErrorKind kind) {
  return Error(
      fmt::format("there is no {} '{}'; choose one of {}", noun, name, fmt::join(names, ", ")),
      kind);
}

}  // namespace alexnet
