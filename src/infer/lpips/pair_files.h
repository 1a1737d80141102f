#pragma once

#include <alexnet/image.h>
#include <alexnet/lpips.h>
#include <alexnet/tensor.h>

#include <cstddef>
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
  bool transparent_reference = false;  ///< Image::transparent
  bool transparent_image = false;
  std::string problem;  ///< why there is no distance; empty: there is
};

/// Compares pairs of files and tells of each, in their order; the next images are decoded
/// meanwhile. `resize`: the second image to the size of the first, where they differ.
void compare_files(Lpips& lpips, const std::vector<FilePair>& pairs, bool resize,
                   const std::function<void(const Compared&)>& tell);

/// One pair, and where it differs.
struct Mapped {
  Compared result;
  std::shared_ptr<const Image> reference;  ///< RGB; with a problem perhaps null, as `map` is empty
  Tensor map;                              ///< (h, w)
};
Mapped map_files(Lpips& lpips, const FilePair& files, bool resize);

}  // namespace alexnet
