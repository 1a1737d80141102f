#include "engine/reference/network.h"

#include <algorithm>
#include <utility>

#include "core/stopwatch.h"

namespace alexnet::reference {
namespace {

// What is added to the pixel at (y, x) of the crop as it was cut out.
double offset_at(const PixelScaling& scaling, const Placement& place, std::int64_t y,
                 std::int64_t x, std::int64_t c) {
  const auto channel = static_cast<std::size_t>(c);
  const double colour = colour_shift(place, scaling, channel);
  if (scaling.mean_size == Size()) return scaling.offset[channel] + colour;
  const std::int64_t pixel = (place.top + y) * scaling.mean_size.width + place.left + x;
  const auto channels = static_cast<std::int64_t>(scaling.slope.size());
  return scaling.offsets[static_cast<std::size_t>(pixel * channels + c)] + colour;
}

Map load(const Images& images, const PixelScaling& scaling) {
  Map map(images.count, {images.channels, images.height, images.width});
  if (!images.floats.empty()) {
    std::ranges::copy(images.floats, map.values.begin());
    return map;
  }
  std::size_t byte = 0;
  for (std::int64_t n = 0; n < map.n; ++n) {
    const Placement place = placement_of(images, static_cast<std::size_t>(n), scaling);
    for (std::int64_t y = 0; y < map.h; ++y) {
      for (std::int64_t x = 0; x < map.w; ++x) {
        for (std::int64_t c = 0; c < map.c; ++c) {
          map.at(n, c, y, x) =
              double{scaling.scale[static_cast<std::size_t>(c)]} * images.bytes[byte++] +
              offset_at(scaling, place, y, place.mirrored ? map.w - 1 - x : x, c);
        }
      }
    }
  }
  return map;
}

Weights weights_of(const LayerInfo& info, const Parameters& parameters, Parameters* gradients) {
  Weights weights;
  if (info.parameters == 0) return weights;
  weights.weight = &parameters.at(info.name + ".weight");
  weights.bias = &parameters.at(info.name + ".bias");
  if (gradients == nullptr) return weights;
  weights.weight_gradient = &gradients->at(info.name + ".weight");
  weights.bias_gradient = &gradients->at(info.name + ".bias");
  return weights;
}

}  // namespace

Network::Network(const Architecture& architecture, const Parameters& parameters,
                 Parameters* gradients, const Normalization& normalization)
    : scaling_(pixel_scaling(normalization, architecture.in_channels)),
      infos_(architecture.describe()),
      times_(infos_.size()) {
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    layers_.push_back(make_layer(architecture.layers[i], infos_[i],
                                 weights_of(infos_[i], parameters, gradients)));
  }
}

void Network::forward(const Images& images, const LayerMask& mask) {
  Stopwatch watch;
  activations_.clear();
  activations_.push_back(load(images, scaling_));
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    activations_.push_back(layers_[i]->forward(activations_.back(), mask(i)));
    times_.add_forward(i, watch.lap());
  }
  times_.count_forward();
}

Map Network::backward(Map gradient, std::size_t end, std::size_t first,
                      const GradientReady& ready) {
  for (std::size_t i = end; i-- > first;) {
    const Stopwatch watch;
    gradient = layers_[i]->backward(activations_[i], activations_[i + 1], gradient);
    times_.add_backward(i, watch.seconds());
    if (ready && infos_[i].parameters > 0) {
      ready(infos_[i].name + ".weight");
      ready(infos_[i].name + ".bias");
    }
  }
  times_.count_backward();
  return gradient;
}

const Map& Network::features() const {
  const auto flatten = std::ranges::find(infos_, "Flatten", &LayerInfo::kind);
  return activations_[static_cast<std::size_t>(flatten - infos_.begin())];
}

std::vector<LayerPlan> Network::layers() const {
  constexpr auto kStored = static_cast<std::int64_t>(sizeof(float));
  constexpr auto kComputed = static_cast<std::int64_t>(sizeof(double));
  std::vector<LayerPlan> plans;
  plans.reserve(infos_.size());
  for (const LayerInfo& info : infos_) {
    plans.push_back({.layer = info.name.empty() ? info.kind : info.name + " " + info.kind,
                     .implementation = "reference",
                     .forward = {.multiply_adds = info.multiply_adds,
                                 .computed = info.multiply_adds,
                                 .weight_bytes = kStored * info.parameters,
                                 .activation_bytes = kComputed * (element_count(info.input) +
                                                                  element_count(info.output))}});
  }
  times_.write_to(plans);
  return plans;
}

}  // namespace alexnet::reference
