#pragma once

#include <array>
#include <cstddef>

#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/conv/winograd/tiles.h"
#include "engine/cpu/conv/winograd/transform.h"

/// A batch of maps cut into tiles, and where a tile's values stand among a frequency's.
///
/// The unit of work is a row of tiles of one image; a block is a run of consecutive units, across
/// images. For each frequency (fy, fx) a block has a matrix with one row for each of its tiles that
/// has the frequency. Since an axis has its largest tiles first, those are the first with_frequency
/// of it, and the number of a row follows from counting.
namespace alexnet::cpu::winograd {

struct Block {
  std::size_t first = 0;  ///< units
  std::size_t units = 0;
};

/// One tile of one image.
struct Place {
  std::size_t image;
  std::size_t unit;
  const Tile* y;
  const Tile* x;
  std::size_t column;  ///< which tile along x
  Extent frequencies() const { return {y->frequencies, x->frequencies}; }
  Extent outputs() const { return {y->outputs, x->outputs}; }
};

using ByFrequency = std::array<std::size_t, kMaxFrequencies * kMaxFrequencies>;
using InputPointers = std::array<const float*, kMaxFrequencies * kMaxFrequencies>;
using OutputPointers = std::array<float*, kMaxFrequencies * kMaxFrequencies>;

class Grid {
 public:
  /// Tiles have at most `most_outputs` along an axis (Axis).
  Grid(const Maps& maps, std::size_t taps, std::size_t most_outputs = kMaxFrequencies);

  const Maps& maps() const { return maps_; }
  const Axis& y() const { return y_; }
  const Axis& x() const { return x_; }
  std::size_t frequencies() const { return y_.frequencies() * x_.frequencies(); }
  std::size_t units_per_image() const { return y_.tiles().size(); }
  std::size_t tiles(const Block& block) const { return block.units * x_.tiles().size(); }
  /// Products a channel pair and image.
  std::size_t products() const { return y_.products() * x_.products(); }

  Place place(const Block& block, std::size_t tile) const;

  /// Rows of a frequency (numbered fy · x().frequencies() + fx) in a block.
  std::size_t rows(const Block& block, std::size_t frequency) const;
  /// Where each frequency's matrix begins when its rows are `width` floats apart; returns the
  /// floats of all. Starts are an odd number of cache lines apart, so that they don't meet in the
  /// cache.
  std::size_t offsets(const Block& block, std::size_t width, ByFrequency& starts) const;
  /// The most that offsets() returns for a block of so many units.
  std::size_t most_floats(std::size_t units, std::size_t width) const;

  /// The inputs under a place, from x of the whole batch at a group's first channel; outside of the
  /// map, `zeros`.
  void inputs(const Place& place, const float* x, const float* zeros,
              InputPointers& pointers) const;
  /// The outputs of a place that lie on the map; the others, `beyond`.
  template <class Float>
  void outputs(const Place& place, Float* y, Float* beyond,
               std::array<Float*, kMaxFrequencies * kMaxFrequencies>& pointers) const {
    Float* const image = y + place.image * maps_.out_size();
    std::size_t i = 0;
    for (std::size_t row = place.y->start; row < place.y->start + place.y->outputs; ++row) {
      for (std::size_t c = place.x->start; c < place.x->start + place.x->outputs; ++c) {
        const bool inside = row < maps_.out_height && c < maps_.out_width;
        pointers[i++] = inside ? image + (row * maps_.out_width + c) * maps_.out_channels : beyond;
      }
    }
  }
  /// The places of a tile in the frequencies' matrices, whose rows are `width` apart; where these
  /// are cut into panels of `width` columns, one after another, in this panel.
  template <class Float>
  void values(const Block& block, const Place& place, Float* matrices, const ByFrequency& starts,
              std::size_t width, std::array<Float*, kMaxFrequencies * kMaxFrequencies>& pointers,
              std::size_t panel = 0) const {
    const std::size_t end = block.first + block.units;
    std::size_t i = 0;
    for (std::size_t fy = 0; fy < place.y->frequencies; ++fy) {
      const std::size_t begin = rows_before(block.first, fy);
      const std::size_t units = rows_before(place.unit, fy) - begin +
                                (panel == 0 ? 0 : panel * (rows_before(end, fy) - begin));
      const std::size_t* const start = &starts[fy * x_.frequencies()];
      for (std::size_t fx = 0; fx < place.x->frequencies; ++fx) {
        pointers[i++] = matrices + start[fx] + (units * x_counts_[fx] + place.column) * width;
      }
    }
  }

 private:
  // Units before this one that have the frequency.
  std::size_t rows_before(std::size_t unit, std::size_t fy) const {
    const std::size_t in_image = unit % units_per_image();
    return unit / units_per_image() * y_counts_[fy] +
           (in_image < y_counts_[fy] ? in_image : y_counts_[fy]);
  }

  Maps maps_;
  Axis y_;
  Axis x_;
  std::array<std::size_t, kMaxFrequencies> y_counts_{};
  std::array<std::size_t, kMaxFrequencies> x_counts_{};
};

}  // namespace alexnet::cpu::winograd
