#include <alexnet/error.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "formats/safetensors/file.h"

// Any bytes are tensors or an Error, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> file(size);
  if (size > 0) std::memcpy(file.data(), data, size);
  const auto owner = std::make_shared<int>();
  try {
    float sum = 0;
    for (const auto& [name, tensor] : alexnet::parse_safetensors(file, owner, "file").tensors) {
      for (const float value : tensor.values()) sum += value;
    }
    volatile const float read = sum;
    static_cast<void>(read);
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
