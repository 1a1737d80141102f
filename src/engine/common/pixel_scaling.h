#pragma once

#include <alexnet/images.h>
#include <alexnet/normalization.h>

#include <cstddef>
#include <vector>

namespace alexnet {

/// byte · scale + offset + colour · slope, channel by channel: a Normalization ready to be applied.
struct PixelScaling {
  std::vector<float> scale;
  std::vector<float> offset;
  std::vector<float> slope;
  Size mean_size;  ///< of the mean image; 0: there is none
  std::vector<float>
      offsets;  ///< with a mean image in place of `offset`: (height, width, channels)
};
PixelScaling pixel_scaling(const Normalization& normalization, int channels);

/// Of image `index` of the batch; of a centre crop where the batch does not say.
Placement placement_of(const Images& images, std::size_t index, const PixelScaling& scaling);
/// A placement's shift of a channel's normalised values; none beyond the third.
inline float colour_shift(const Placement& place, const PixelScaling& scaling,
                          std::size_t channel) {
  return channel < place.colour.size() ? place.colour[channel] * scaling.slope[channel] : 0.0F;
}

}  // namespace alexnet
