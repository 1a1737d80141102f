#include "engine/common/sgd.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/crew.h"
#include "engine/common/bfloat16.h"

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
  const bool by_layer = options.optimizer == Optimizer::lars;
  switch (by_layer ? SgdConvention::krizhevsky2012 : options.convention) {
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
constexpr std::size_t kRoundedTogether = 1 << 10;

bool is_bias(const NamedTensor& entry) {
  return entry.name.ends_with(".bias");
}

// Calls work(Range) with parts of `count` things, by all threads where that is worth it.
template <class Work>
void in_parts(std::size_t count, const Work& work) {
  if (count < kWorthThreads) return work(parallel::Range{0, count});
  parallel::each(count, kLine, work);
}

void round(const float* from, parallel::Range part, float* to) {
#pragma omp simd
  for (std::size_t i = part.begin; i < part.end; ++i) to[i] = rounded_to_bfloat16(from[i]);
}

// A part is rounded while it is in the cache.
void update(Tensor& weights, const Tensor& gradients, Tensor& momentum, const Coefficients& k,
            float* rounded) {
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
  in_parts(static_cast<std::size_t>(weights.size()), [&](parallel::Range part) {
    if (rounded == nullptr) return step(part);
    for (std::size_t begin = part.begin; begin < part.end; begin += kRoundedTogether) {
      const parallel::Range some{begin, std::min(part.end, begin + kRoundedTogether)};
      step(some);
      round(w, some, rounded);
    }
  });
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
                Parameters& parameters, const Parameters& gradients, Parameters& momentum,
                Parameters* rounded, const std::vector<LayerRate>& factors) {
  for (NamedTensor& entry : parameters) {
    const float multiplier =
        rate_multiplier(rates, entry.name) * rate_multiplier(factors, entry.name);
    if (multiplier == 0.0F) continue;
    const SgdGroup& group = is_bias(entry) ? options.biases : options.weights;
    float* const narrow =
        rounded == nullptr || is_bias(entry) ? nullptr : rounded->at(entry.name).data();
    update(entry.tensor, gradients.at(entry.name), momentum.at(entry.name),
           coefficients(options, group, multiplier * learning_rate), narrow);
    if (rounded != nullptr && is_bias(entry)) {
      std::ranges::copy(entry.tensor.values(), rounded->at(entry.name).data());
    }
  }
}

void round_weights(const Parameters& parameters, Parameters& rounded) {
  for (const NamedTensor& entry : parameters) {
    const float* const from = entry.tensor.data();
    float* const to = rounded.at(entry.name).data();
    if (is_bias(entry)) {
      std::copy_n(from, entry.tensor.values().size(), to);
    } else {
      in_parts(entry.tensor.values().size(), [&](parallel::Range part) { round(from, part, to); });
    }
  }
}

}  // namespace alexnet
