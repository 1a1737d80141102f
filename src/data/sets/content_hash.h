#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <utility>

namespace alexnet {

/// Of a file's bytes, or of pixels where a set has no files: XXH3, 128 bits.
struct ContentHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const ContentHash&) const = default;
  bool operator<(const ContentHash& other) const {
    return std::pair(high, low) < std::pair(other.high, other.low);
  }
};

ContentHash content_hash(const StoredSample& sample);

}  // namespace alexnet
