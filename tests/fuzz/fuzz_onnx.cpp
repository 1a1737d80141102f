#include <alexnet/error.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/onnx/file.h"

// Any bytes are a network or an Error, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  try {
    float sum = 0;
    for (const auto& [name, tensor] : alexnet::parse_onnx(file, {}, {}, "file").parameters) {
      for (const float value : tensor.values()) sum += value;
    }
    volatile const float read = sum;
    static_cast<void>(read);
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
