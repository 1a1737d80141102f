#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <string>

namespace alexnet {

/// Images for validation that are trained on.
struct Overlap {
  std::size_t images = 0;
  std::string example;  ///< one of them, for people
};

/// Those that have the same keys in both sets, none of them where contents differ. Of the contents
/// only a few are looked at: sets may use the same names by chance (0001.jpg), and then all differ.
Overlap overlap(const Dataset& training, const Dataset& validation);

}  // namespace alexnet
