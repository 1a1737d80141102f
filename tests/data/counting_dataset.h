#pragma once

#include <alexnet/dataset.h>
#include <alexnet/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace alexnet::test {

/// Grey 8x8 images, sample i's pixels and label being i; one may be broken.
class CountingDataset : public Dataset {
 public:
  explicit CountingDataset(std::size_t size, std::optional<std::size_t> broken = {})
      : size_(size), broken_(broken) {}

  std::size_t size() const override { return size_; }
  Sample sample(std::size_t index) const override {
    if (index == broken_) throw Error("sample " + std::to_string(index) + " is broken");
    const auto value = static_cast<std::uint8_t>(index);
    return {.image = {.height = 8,
                      .width = 8,
                      .channels = 1,
                      .pixels = std::vector<std::uint8_t>(64, value)},
            .label = static_cast<std::int32_t>(index)};
  }
  int channels() const override { return 1; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::size_t size_;
  std::optional<std::size_t> broken_;
  std::vector<std::string> classes_;
};

}  // namespace alexnet::test
