#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace alexnet {

/// Images for validation that are trained on.
struct Overlap {
  std::size_t images = 0;     ///< of those that were looked at
  std::size_t looked_at = 0;  ///< of the images for validation
  std::size_t total = 0;      ///< images for validation
  std::size_t every = 1;      ///< which of the training images of equal size were looked at
  std::string example;        ///< one of the images, for people

  bool is_whole() const { return images > 0 && images == looked_at; }
  bool is_complete() const { return looked_at == total && every == 1; }
  /// " (500 of 2000 were compared, with one in 8 of the others)"; or "" of all.
  std::string scope() const;
  /// A sentence; empty where all were looked at and none is trained on.
  std::string note() const;
};

/// Of `images`, those whose contents `set` holds too, under whatever names and in whatever form.
/// Only what has the same size is read. Where that would be more than `most_bytes` of files (with
/// 4 KiB a file for finding it), some of the images, evenly spread, stand for all, 500 at least;
/// and where it still would be, some of the set's. What cannot be read is equal to nothing.
Overlap overlap(const Dataset& set, const Dataset& images,
                std::uint64_t most_bytes = std::uint64_t{512} << 20);

}  // namespace alexnet
