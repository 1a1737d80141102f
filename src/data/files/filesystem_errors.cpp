#include "data/files/filesystem_errors.h"

#include <fmt/format.h>

#include <string>

#include "core/system_error.h"

namespace alexnet {

Error plain_error(const std::filesystem::filesystem_error& error, std::string_view place) {
  const std::string path = error.path1().empty() ? std::string(place) : error.path1().string();
  return system_error(fmt::format("cannot read or change {}", path), error.code());
}

}  // namespace alexnet
