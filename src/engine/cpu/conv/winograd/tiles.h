#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "engine/cpu/conv/winograd/points.h"

/// How a map is cut into tiles, one axis at a time.
///
/// A tile of m outputs costs N = m + taps − 1 frequencies, so 13 outputs of a three-tap filter are
/// cheapest as 5 + 4 + 4 (7 + 6 + 6 frequencies; 16 outputs in fours would take 24). Tiles of
/// different sizes share the transformed filter: the larger transform begins with the points of the
/// smaller, and scales its inputs to the smaller's norms. The largest tiles come first, so that the
/// tiles that have a given frequency are always the first so many.
namespace alexnet::cpu::winograd {

struct Tile {
  std::size_t start;    ///< first output
  std::size_t outputs;  ///< may reach past the map's end
  std::size_t frequencies;
};

class Axis {
 public:
  /// The cheapest tiles for `extent` outputs of a filter of `taps` (2 … 5), of at most
  /// `most_outputs` each or as small as they can be.
  Axis(std::size_t extent, std::size_t taps, std::size_t most_outputs = kMaxFrequencies);

  const std::vector<Tile>& tiles() const { return tiles_; }
  std::size_t frequencies() const { return tiles_.front().frequencies; }
  /// How many tiles, from the first, have this frequency.
  std::size_t with_frequency(std::size_t frequency) const;
  /// Products a channel pair: the sum of all tiles' frequencies.
  std::size_t products() const;

  /// What row i of G is divided by, for all tiles.
  double norm(std::size_t frequency) const { return winograd::norm(frequency, reference_); }
  /// Factors for a tile's transformed inputs, null where all are 1.
  const float* input_scale(std::size_t frequencies) const;

 private:
  std::vector<Tile> tiles_;
  std::size_t reference_;  // the size of transform whose inputs need no scaling
  std::array<std::array<float, kMaxFrequencies>, kMaxFrequencies + 1> scales_{};
};

}  // namespace alexnet::cpu::winograd
