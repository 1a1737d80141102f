#pragma once

#include <alexnet/lpips.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace alexnet {

/// Two files to be compared.
struct FilePair {
  std::string reference;
  std::string image;
};

/// What became of one.
struct Compared {
  std::size_t pair = 0;
  LpipsDistance distance;
  std::string problem;  ///< why there is no distance; empty: there is
};

/// Compares pairs of files and tells of each, in their order; the next images are decoded
/// meanwhile. `resize`: the second image to the size of the first, where they differ.
void compare_files(Lpips& lpips, const std::vector<FilePair>& pairs, bool resize,
                   const std::function<void(const Compared&)>& tell);

/// Both images of a pair, RGB; resized as above.
struct ReadPair {
  std::shared_ptr<const Image> reference;
  std::shared_ptr<const Image> image;
};
/// Throws Error when one cannot be read or, without `resize`, their sizes differ.
ReadPair read_pair(const FilePair& files, bool resize);

}  // namespace alexnet
