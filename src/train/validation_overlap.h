#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace alexnet {

/// Images for validation that are trained on.
struct Overlap {
  std::size_t images = 0;
  std::size_t looked_at = 0;  ///< of the images for validation
  std::string example;        ///< one of them, for people

  bool is_whole() const { return images > 0 && images == looked_at; }
};

/// Of `images`, those whose contents `set` holds too, under whatever names and in whatever form.
/// Only what has the same size is read. Where that would be more than `most_bytes` (with 4 KiB a
/// file for finding it), some of the images, evenly spread, stand for all. What cannot be read is
/// equal to nothing.
Overlap overlap(const Dataset& set, const Dataset& images,
                std::uint64_t most_bytes = std::uint64_t{512} << 20);

}  // namespace alexnet
