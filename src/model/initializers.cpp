#include <alexnet/error.h>
#include <alexnet/parameters.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {
namespace {

// Krizhevsky 2012, section 5: bias 1 in the second, fourth and fifth convolution and in the hidden
// fully-connected layers, 0 elsewhere.
float krizhevsky_bias(std::size_t layer, std::size_t layers) {
  const bool hidden_linear = layer >= 5 && layer + 1 < layers;
  return layer == 1 || layer == 3 || layer == 4 || hidden_linear ? 1.0F : 0.0F;
}

struct Place {
  std::size_t layer;  // counting only those with weights, from 0
  std::size_t layers;
  RandomKey key;
};

void fill(Tensor& tensor, const ParameterSpec& spec, Initializer initializer, const Place& place) {
  const auto fan_in = static_cast<float>(spec.fan_in);
  switch (initializer) {
    case Initializer::he: {
      if (spec.is_bias) return;
      const float gain = place.layer + 1 == place.layers ? 1.0F : 2.0F;
      return fill_normal(tensor.values(), place.key, 0.0F, std::sqrt(gain / fan_in));
    }
    case Initializer::pytorch: {
      const float bound = 1.0F / std::sqrt(fan_in);
      return fill_uniform(tensor.values(), place.key, -bound, bound);
    }
    case Initializer::krizhevsky2012:
      if (spec.is_bias) {
        std::ranges::fill(tensor.values(), krizhevsky_bias(place.layer, place.layers));
      } else {
        fill_normal(tensor.values(), place.key, 0.0F, 0.01F);
      }
      return;
  }
}

}  // namespace

Parameters initialize(const Architecture& architecture, Initializer initializer,
                      std::uint64_t seed) {
  Parameters parameters(architecture);
  const std::vector<ParameterSpec> specs = architecture.parameters();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const RandomKey key{
        .seed = seed, .purpose = Purpose::parameters, .minor = static_cast<std::uint32_t>(i)};
    fill(parameters.at(specs[i].name), specs[i], initializer, {i / 2, specs.size() / 2, key});
  }
  return parameters;
}

}  // namespace alexnet
