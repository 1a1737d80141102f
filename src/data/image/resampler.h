#pragma once

#include <alexnet/transforms.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/simd/mix.h"

namespace alexnet {

/// What each of a run of outputs reads along one axis: `taps` inputs from firsts[i] on, with
/// weights[i · taps …] in simd::kFractionBits. An output outside the image has no weights but
/// zeros.
struct Windows {
  std::size_t taps = 0;
  int begin = 0;  ///< the inputs that any output reads: begin … end - 1; firsts count from begin
  int end = 0;
  std::vector<std::int32_t> firsts;
  std::vector<std::int32_t> weights;
};

/// One axis of a resize: inputs start … start + extent become `out` outputs. Fractions come of
/// images that were scaled down while decoding; inputs floor(start) … ceil(start + extent) - 1 are
/// all that is looked at.
struct Axis {
  double start = 0;
  double extent = 0;
  int out = 0;
};

/// Which outputs of an axis are wanted: first … first + count - 1, in reverse order when
/// `mirrored`; taps become a multiple of `group`.
struct OutputRange {
  int first = 0;
  int count = 0;
  bool mirrored = false;
  std::size_t group = 1;
};
void make_windows(const Axis& axis, const OutputRange& range, Interpolation interpolation,
                  Windows& windows);

/// Makes an input of an image whose rows come one by one. Buffers are kept from one image to the
/// next.
class Resampler {
 public:
  /// For rows of `channels`, 1 or 3, of an image that is 1 / `reduction` of the one that `framing`
  /// speaks of.
  void begin(const Framing& framing, int channels, int reduction = 1);
  /// The rows and columns that must be given: all that the input depends on. May be empty.
  const Rectangle& source() const { return source_; }
  /// The next row of source(), from its first column on, simd::kRowSlack bytes longer than it is.
  void add(const std::uint8_t* row);
  /// Writes (window.height, window.width, channels) after the last row.
  void finish(std::uint8_t* target) const;

  /// All of that, of an image in memory.
  void resample(const Image& image, const Framing& framing, std::uint8_t* target);

 private:
  std::int16_t* packed();
  simd::ColumnMix mix();

  Rectangle source_;
  std::size_t channels_ = 0;
  std::size_t width_ = 0;   // of the outputs
  std::size_t stride_ = 0;  // of narrowed rows
  std::size_t added_ = 0;
  Windows columns_;
  Windows rows_;
  struct alignas(64) PackedVector {  // loads across cache lines cost twice as much
    std::array<std::int16_t, 32> halves;
  };
  std::vector<PackedVector> packed_;
  std::vector<std::uint8_t> narrowed_;  // source rows, resized to the outputs' width
  std::vector<std::uint8_t> row_;       // one with slack
};

}  // namespace alexnet
