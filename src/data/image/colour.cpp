#include <alexnet/transforms.h>

#include <cstddef>

namespace alexnet {

std::array<float, 3> draw_colour(const ColourNoise& noise, const RandomKey& key) {
  std::array<float, 3> draws{};
  fill_normal(draws, key, 0.0F, noise.deviation);
  std::array<float, 3> shift{};
  const std::size_t channels = noise.axes.size() == 1 ? 1 : 3;
  for (std::size_t i = 0; i < noise.axes.size(); ++i) {
    shift.at(i % channels) += draws.at(i / channels) * noise.axes[i];
  }
  return shift;
}

}  // namespace alexnet
