#include "data/sets/content_hash.h"

#include <xxhash.h>

#include <span>

namespace alexnet {

ContentHash content_hash(const StoredSample& sample) {
  const std::span<const std::uint8_t> bytes = sample.is_file ? sample.file : sample.image.pixels;
  const XXH128_hash_t value = XXH3_128bits(bytes.data(), bytes.size());
  return {value.high64, value.low64};
}

}  // namespace alexnet
