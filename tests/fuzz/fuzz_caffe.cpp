#include <alexnet/error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/caffe/file.h"

// Any bytes are a network or an Error, and never much memory (-malloc_limit_mb): a prototxt up to
// the first zero, then a caffemodel; or a mean image.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  const auto zero = static_cast<std::size_t>(std::ranges::find(file, std::byte{0}) - file.begin());
  const std::size_t model = std::min(size, zero + 1);
  try {
    static_cast<void>(alexnet::parse_caffe_mean({file, "binaryproto"}));
  } catch (const alexnet::Error&) {  // then it may be the other
  }
  try {
    const auto network =
        alexnet::parse_caffe({file.first(zero), "prototxt"}, {file.subspan(model), "caffemodel"});
    static_cast<void>(network.architecture.parameter_count());
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
