#pragma once

#include <cstdint>
#include <vector>

/// Bilinear enlarging as torch.nn.Upsample does it, with align_corners off.
namespace alexnet {

/// A pixel between the centres of two cells.
struct Between {
  std::int64_t low = 0;
  std::int64_t high = 0;
  float share = 0;  ///< of the high one
};

/// Of all pixels along an axis of so many cells.
std::vector<Between> between(std::int64_t pixels, std::int64_t cells);

inline float mix(float a, float b, float share) {
  return a + (b - a) * share;
}

/// A pixel of a row that lies between two rows of cells, `share` of the one below.
inline float bilinear(const float* above, const float* below, float share, const Between& column) {
  return mix(mix(above[column.low], above[column.high], column.share),
             mix(below[column.low], below[column.high], column.share), share);
}

}  // namespace alexnet
