#include <alexnet/error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "formats/pytorch/file.h"

// Any bytes are a state dict or an Error, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> file(size);
  std::transform(data, data + size, file.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  const auto owner = std::make_shared<int>();
  try {
    float sum = 0;
    for (const auto& [name, tensor] : alexnet::parse_pytorch(file, owner, "file")) {
      for (const float value : tensor.values()) sum += value;
    }
    volatile const float read = sum;
    static_cast<void>(read);
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
