#pragma once

#include <alexnet/architecture.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// A large image in overlapping strips of full width: what each gives of a layer's map is what the
/// whole image would, as far as no padding inside the image has touched it.
namespace alexnet {

/// Rows [begin, end).
struct Rows {
  int begin = 0;
  int end = 0;
};

/// A part of the image.
struct Strip {
  int top = 0;              ///< first row
  std::vector<Rows> rows;   ///< of each layer's map of the whole image: what is taken from here
  std::vector<int> offset;  ///< of each layer: the whole map's row that this strip's map begins at
};

struct Strips {
  int height = 0;  ///< of all alike
  std::vector<Strip> all;
};

/// Strips of at most `pixels`, or as low as they can be and still overlap, for what these layers,
/// by their index, make of an image of trunk's size. One where it has no more.
Strips plan_strips(const Architecture& trunk, const std::vector<std::size_t>& layers,
                   std::int64_t pixels);

}  // namespace alexnet
