#include <alexnet/error.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/matlab/file.h"

// Any bytes are a network or an Error, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto network = alexnet::parse_matconvnet(file, "mat");
    static_cast<void>(network.architecture.parameter_count());
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
