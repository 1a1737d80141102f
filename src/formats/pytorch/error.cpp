#include "formats/pytorch/error.h"

#include <alexnet/error.h>
#include <fmt/format.h>

namespace alexnet {

void refuse_pytorch(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: damaged: {}", source, why));
}

void refuse_pytorch_kind(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: {}", source, why), ErrorKind::unsupported);
}

}  // namespace alexnet
