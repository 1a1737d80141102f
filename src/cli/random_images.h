#pragma once

#include <alexnet/architecture.h>
#include <alexnet/engine.h>

#include <cstdint>
#include <vector>

namespace alexnet::cli {

/// A batch of noise of a network's size, as bytes.
class RandomImages {
 public:
  RandomImages(const Architecture& net, int count);
  Images images() const;

 private:
  int count_;
  int channels_;
  int height_;
  int width_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace alexnet::cli
