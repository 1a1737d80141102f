#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Images of one size, all in memory.
class MemoryDataset : public Dataset {
 public:
  struct Content {
    int height = 0;
    int width = 0;
    int channels = 0;
    std::vector<std::uint8_t> pixels;  ///< (n, height, width, channels)
    std::vector<std::uint8_t> labels;  ///< (n,)
    std::vector<std::string> classes;
    std::vector<LeftOut> left_out;
  };

  explicit MemoryDataset(Content content);

  std::size_t size() const override { return content_.labels.size(); }
  Sample sample(std::size_t index) const override;
  std::int32_t label(std::size_t index) const override { return content_.labels[index]; }
  int channels() const override { return content_.channels; }
  const std::vector<std::string>& classes() const override { return content_.classes; }
  std::vector<LeftOut> left_out() const override { return content_.left_out; }
  bool uniform_size() const override { return true; }
  std::optional<std::uint64_t> stored_bytes(std::size_t /*index*/) const override {
    return bytes_per_image_;
  }

 private:
  Content content_;
  std::size_t bytes_per_image_;
};

/// Throws Error, naming `file`, when a label is outside the classes.
void check_labels(std::span<const std::uint8_t> labels, std::size_t classes, std::string_view file);

}  // namespace alexnet
