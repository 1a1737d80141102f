#include <alexnet/image.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// Any bytes are an image or an ImageError, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kMostPixels = 1 << 16;
  try {
    const alexnet::Image image = alexnet::decode_image({data, size}, {.max_pixels = kMostPixels});
    const std::size_t pixels =
        static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
    if (pixels == 0 || pixels > kMostPixels || image.pixels.size() != 3 * pixels) std::abort();
  } catch (const alexnet::ImageError&) {
    return 0;
  }
  return 0;
}
