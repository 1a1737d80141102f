#pragma once

#include <alexnet/architecture.h>
#include <alexnet/size.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// A large image in overlapping tiles: what each gives of a layer's map is what the whole image
/// would, as far as no padding inside the image has touched it.
namespace alexnet {

/// Rows or columns [begin, end).
struct Span {
  int begin = 0;
  int end = 0;

  int length() const { return end - begin; }
};

/// A tile along one axis.
struct Section {
  int begin = 0;             ///< first row or column of the image
  std::vector<Span> taken;   ///< of each layer's map of the whole image: what is taken from here
  std::vector<int> offsets;  ///< of each layer: where in the whole map this tile's map begins
};

/// An axis of the image in overlapping sections.
struct Cut {
  int length = 0;  ///< of all sections alike
  std::vector<Section> sections;
};

/// Every section of rows with every one of columns is a tile.
struct Tiles {
  Cut rows;
  Cut columns;

  Size size() const { return {rows.length, columns.length}; }
};

/// Tiles of at most `pixels` that cover an image of trunk's size with the fewest pixels computed
/// twice, for what these layers, by their index, make of it; or the smallest that still overlap
/// enough. One where the image has no more pixels.
Tiles plan_tiles(const Architecture& trunk, const std::vector<std::size_t>& layers,
                 std::int64_t pixels);

}  // namespace alexnet
