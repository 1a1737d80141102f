#include "formats/pytorch_error.h"

#include <alexnet/error.h>
#include <fmt/format.h>

namespace alexnet {

void refuse_pytorch(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: not a complete PyTorch file: {}", source, why));
}

}  // namespace alexnet
