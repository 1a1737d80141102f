#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/byte_windows.h"

namespace alexnet::cpu {

/// A map with a margin, as direct convolutions read it: (group; rows, columns, depth), so that
/// every row of a window is one run of elements.
class PaddedMap {
 public:
  /// `depth` elements for each pixel of a group, its channels or more; `beyond` more elements can
  /// be read after each group.
  PaddedMap(const Maps& maps, const Filter& filter, std::size_t depth, std::size_t beyond = 0)
      : maps_(maps),
        groups_(filter.groups),
        channels_(filter.depth),
        depth_(depth),
        rows_(maps.out_height + filter.taps - 1),
        columns_(maps.out_width + filter.taps - 1),
        group_size_(rows_ * columns_ * depth + beyond) {}

  std::size_t columns() const { return columns_; }
  std::size_t group_size() const { return group_size_; }
  std::size_t size() const { return groups_ * group_size_; }

  /// Writes all of it. round(from, count, to) takes channels that lie side by side in x (h, w, c).
  template <class Element, class Round>
  void write(const Team& team, const float* x, Element empty, const Round& round,
             Element* map) const {
    team.each(rows_, 1, [&](Range rows) {
      for (std::size_t group = 0; group < groups_; ++group) {
        Element* const to = map + group * group_size_;
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
          write_row(x + group * channels_, row, empty, round, to + row * columns_ * depth_);
        }
        if (rows.end == rows_) {
          std::fill(to + rows_ * columns_ * depth_, to + group_size_, empty);
        }
      }
    });
  }

 private:
  template <class Element, class Round>
  void write_row(const float* x, std::size_t row, Element empty, const Round& round,
                 Element* to) const {
    std::fill_n(to, columns_ * depth_, empty);
    const std::size_t y = row - maps_.padding;  // wraps round above the map
    if (y >= maps_.in_height) return;
    const std::size_t pixels = std::min(maps_.in_width, columns_ - maps_.padding);
    const float* const from = x + y * maps_.in_width * maps_.in_channels;
    to += maps_.padding * depth_;
    if (maps_.in_channels == depth_) {
      round(from, pixels * depth_, to);
      return;
    }
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      round(from + pixel * maps_.in_channels, channels_, to + pixel * depth_);
    }
  }

  Maps maps_;
  std::size_t groups_;
  std::size_t channels_;  // of a group
  std::size_t depth_;
  std::size_t rows_;
  std::size_t columns_;
  std::size_t group_size_;
};

/// How a direct convolution goes over the maps of images: with each panel of the weights over one,
/// block of its pixels by block.
struct DirectPasses {
  double map_bytes = 0;  ///< of all groups
  double weight_bytes = 0;
  double groups = 1;
  double panels = 1;  ///< of a group
  double blocks = 1;
};

/// What moves besides reading x and the weights and writing y once.
std::vector<Stream> direct_streams(const DirectPasses& passes, int images);

/// The range of an image's values, found by a team together.
class SharedRange {
 public:
  /// Floats that it takes of a team's shared memory.
  static std::size_t floats(std::size_t team_size);
  /// All threads get it, and may then write where the values are no longer needed.
  static simd::ValueRange find(const Team& team, const float* values, std::size_t count,
                               float* shared);
};

}  // namespace alexnet::cpu
