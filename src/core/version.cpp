#include <alexnet/version.h>
#include <fmt/format.h>

#include <string>

namespace alexnet {

std::string_view version() {
  static const std::string text =
      fmt::format("{}.{}.{}", ALEXNET_VERSION_MAJOR, ALEXNET_VERSION_MINOR, ALEXNET_VERSION_PATCH);
  return text;
}

}  // namespace alexnet
