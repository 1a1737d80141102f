#include "engine/common/sgd.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/crew.h"

namespace alexnet {
namespace {

// Both conventions in one form: v = m v + a w + b g, then w += c v.
struct Coefficients {
  float momentum;
  float weight;
  float gradient;
  float step;
};

Coefficients coefficients(const SgdOptions& options, const SgdGroup& group, float learning_rate) {
  const float rate = learning_rate * group.learning_rate_multiplier;
  switch (options.convention) {
    case SgdConvention::pytorch:
      return {options.momentum, group.weight_decay, 1.0F, -rate};
    case SgdConvention::krizhevsky2012:
      return {options.momentum, -group.weight_decay * rate, -rate, 1.0F};
  }
  return {};
}

// Smaller tensors, the biases, are updated sooner than threads are woken.
constexpr std::size_t kWorthThreads = 1 << 14;
constexpr std::size_t kLine = 16;  // floats of a cache line, which threads should not share

void update(Tensor& weights, const Tensor& gradients, Tensor& momentum, const Coefficients& k) {
  float* const w = weights.data();
  float* const v = momentum.data();
  const float* const g = gradients.data();
  const auto step = [=](parallel::Range part) {
#pragma omp simd
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const float velocity = k.momentum * v[i] + k.weight * w[i] + k.gradient * g[i];
      v[i] = velocity;
      w[i] += k.step * velocity;
    }
  };
  const auto size = static_cast<std::size_t>(weights.size());
  if (size < kWorthThreads) return step({0, size});
  parallel::each(size, kLine, step);
}

}  // namespace

float rate_multiplier(const std::vector<LayerRate>& rates, std::string_view parameter) {
  for (const LayerRate& rate : rates) {
    if (parameter.starts_with(rate.prefix)) return rate.multiplier;
  }
  return 1.0F;
}

std::size_t first_learning_layer(const Architecture& architecture,
                                 const std::vector<LayerRate>& rates) {
  const std::vector<LayerInfo> infos = architecture.describe();
  const auto learns = [&](const LayerInfo& info) {
    return info.parameters > 0 && (rate_multiplier(rates, info.name + ".weight") != 0.0F ||
                                   rate_multiplier(rates, info.name + ".bias") != 0.0F);
  };
  return static_cast<std::size_t>(std::ranges::find_if(infos, learns) - infos.begin());
}

void sgd_update(const SgdOptions& options, const std::vector<LayerRate>& rates, float learning_rate,
                Parameters& parameters, const Parameters& gradients, Parameters& momentum) {
  for (NamedTensor& entry : parameters) {
    const float multiplier = rate_multiplier(rates, entry.name);
    if (multiplier == 0.0F) continue;
    const SgdGroup& group = entry.name.ends_with(".bias") ? options.biases : options.weights;
    update(entry.tensor, gradients.at(entry.name), momentum.at(entry.name),
           coefficients(options, group, multiplier * learning_rate));
  }
}

}  // namespace alexnet
