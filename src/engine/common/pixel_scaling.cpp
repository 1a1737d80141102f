#include "engine/common/pixel_scaling.h"

namespace alexnet {

PixelScaling pixel_scaling(const Normalization& normalization, int channels) {
  PixelScaling scaling;
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    const bool given = !normalization.mean.empty();
    const float mean = given ? normalization.mean[c] : 0.0F;
    const float deviation = given ? normalization.deviation[c] : 1.0F;
    scaling.scale.push_back(1.0F / (255.0F * deviation));
    scaling.offset.push_back(-mean / deviation);
    scaling.slope.push_back(1.0F / deviation);
  }
  if (const MeanImage* mean = normalization.mean_image.get(); mean != nullptr) {
    scaling.mean_size = mean->size;
    scaling.offsets.reserve(mean->values.size());
    for (std::size_t i = 0; i < mean->values.size(); ++i) {
      scaling.offsets.push_back(-mean->values[i] * scaling.slope[i % scaling.slope.size()]);
    }
  }
  return scaling;
}

Placement placement_of(const Images& images, std::size_t index, const PixelScaling& scaling) {
  if (!images.placements.empty()) return images.placements[index];
  if (scaling.mean_size == Size()) return {};
  return {.top = centre_offset(scaling.mean_size.height - images.height),
          .left = centre_offset(scaling.mean_size.width - images.width)};
}

}  // namespace alexnet
