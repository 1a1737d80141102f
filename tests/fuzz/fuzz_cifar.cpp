#include <alexnet/error.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "data/sets/cifar_python.h"

// Any bytes are a batch or names of CIFAR's Python version, or an Error, and never much memory
// (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    static_cast<void>(alexnet::parse_cifar_batch(bytes, "labels", "file"));
  } catch (const alexnet::Error&) {  // then it may hold names
  }
  try {
    static_cast<void>(alexnet::parse_cifar_names(bytes, "names", "file"));
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
