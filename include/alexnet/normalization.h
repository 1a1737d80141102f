#pragma once

#include <vector>

namespace alexnet {

/// x = (byte / 255 − mean) / deviation, channel by channel. Empty vectors: x = byte / 255.
struct Normalization {
  std::vector<float> mean;
  std::vector<float> deviation;
  bool operator==(const Normalization&) const = default;
};

}  // namespace alexnet
