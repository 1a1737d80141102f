#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace alexnet::test {

/// Grey 8x8 images, sample i's pixels and label being i; some may be broken.
class CountingDataset : public Dataset {
 public:
  explicit CountingDataset(std::size_t size, std::set<std::size_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}

  std::size_t size() const override { return size_; }
  Sample sample(std::size_t index) const override {
    if (broken_.contains(index)) throw ImageError(name(index), "is broken", "mend it");
    const auto value = static_cast<std::uint8_t>(index);
    return {.image = {.height = 8,
                      .width = 8,
                      .channels = 1,
                      .pixels = std::vector<std::uint8_t>(64, value)},
            .label = static_cast<std::int32_t>(index)};
  }
  std::int32_t label(std::size_t index) const override { return static_cast<std::int32_t>(index); }
  int channels() const override { return 1; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::size_t size_;
  std::set<std::size_t> broken_;
  std::vector<std::string> classes_;
};

}  // namespace alexnet::test
