#include <alexnet/error.h>
#include <alexnet/images.h>
#include <fmt/format.h>

namespace alexnet {

Images::Images(const Tensor& tensor) {
  if (tensor.shape().size() != 4) {
    throw Error(fmt::format("images must have shape (n, channels, height, width), not {}",
                            to_string(tensor.shape())));
  }
  count = static_cast<int>(tensor.shape()[0]);
  channels = static_cast<int>(tensor.shape()[1]);
  height = static_cast<int>(tensor.shape()[2]);
  width = static_cast<int>(tensor.shape()[3]);
  floats = tensor.values();
}

Images Images::from_bytes(std::span<const std::uint8_t> bytes, const ImagesShape& shape) {
  const auto& [count, channels, height, width] = shape;
  const std::int64_t need = element_count({count, height, width, channels});
  if (static_cast<std::int64_t>(bytes.size()) != need) {
    throw Error(fmt::format("{} images of {}x{}x{} need {} bytes, not {}", count, height, width,
                            channels, need, bytes.size()));
  }
  Images images;
  images.count = count;
  images.channels = channels;
  images.height = height;
  images.width = width;
  images.bytes = bytes;
  return images;
}

Images Images::part(int first, int images) const {
  const auto begin = static_cast<std::size_t>(first);
  const auto wanted = static_cast<std::size_t>(images);
  const auto size = static_cast<std::size_t>(element_count({channels, height, width}));
  Images some = *this;
  some.count = images;
  if (!bytes.empty()) some.bytes = bytes.subspan(begin * size, wanted * size);
  if (!floats.empty()) some.floats = floats.subspan(begin * size, wanted * size);
  if (!placements.empty()) some.placements = placements.subspan(begin, wanted);
  return some;
}

}  // namespace alexnet
