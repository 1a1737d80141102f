#pragma once

#include <alexnet/explain.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace alexnet {

/// A picture with a patch of one colour over one place after another. The picture is divided into
/// cells, about 14 across; a patch covers 3 × 3 of them and moves by one, also half over the edges,
/// so that every cell is covered equally often.
class Patches {
 public:
  /// `colour` has a byte a channel. Keeps a reference to the picture.
  Patches(const Image& picture, std::vector<std::uint8_t> colour, std::size_t values);

  /// The next covered pictures, at most `most` of them, one after another in `pixels`; their
  /// number, 0 when all are done.
  int next(int most, std::vector<std::uint8_t>& pixels);
  /// The values that were found for each of them, in their order.
  void tell(const std::vector<double>& values);
  /// Of each cell, over the patches that covered it; one heat for each value.
  std::vector<Heat> means() const;

 private:
  struct Range {
    int begin;
    int end;
  };

  Range cells(int position, int count) const;
  Range pixels_of(const Range& cells, int size) const;
  void cover(int position, std::uint8_t* pixels) const;

  const Image& picture_;
  std::vector<std::uint8_t> colour_;
  int cell_;  // its side in pixels
  int rows_;
  int columns_;
  int made_ = 0;
  int told_ = 0;
  std::vector<std::vector<double>> sums_;  // for each value (rows, columns)
};

}  // namespace alexnet
