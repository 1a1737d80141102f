#include "data/sets/memory_dataset.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace alexnet {

MemoryDataset::MemoryDataset(Content content)
    : content_(std::move(content)),
      bytes_per_image_(static_cast<std::size_t>(content_.height) *
                       static_cast<std::size_t>(content_.width) *
                       static_cast<std::size_t>(content_.channels)) {}

Sample MemoryDataset::sample(std::size_t index) const {
  const auto first =
      content_.pixels.begin() + static_cast<std::ptrdiff_t>(index * bytes_per_image_);
  return {.image = {.height = content_.height,
                    .width = content_.width,
                    .channels = content_.channels,
                    .pixels = {first, first + static_cast<std::ptrdiff_t>(bytes_per_image_)}},
          .label = content_.labels[index]};
}

void check_labels(std::span<const std::uint8_t> labels, std::size_t classes,
                  std::string_view file) {
  const auto outside =
      std::ranges::find_if(labels, [classes](std::uint8_t label) { return label >= classes; });
  if (outside != labels.end()) {
    throw Error(
        fmt::format("{}: sample {} has label {}, but the classes are 0 to {}; get the file again",
                    file, outside - labels.begin(), *outside, classes - 1));
  }
}

}  // namespace alexnet
