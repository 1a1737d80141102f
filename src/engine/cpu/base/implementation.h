#pragma once

#include <alexnet/architecture.h>
#include <alexnet/engine.h>
#include <alexnet/tensor.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/cpu/base/processor.h"
#include "engine/cpu/base/step.h"

/// For each kind of layer there is an ordered list of implementations, fastest first. A row says
/// what its implementation needs; its `make` gives a Step or says why it declines a layer.
namespace alexnet::cpu {

/// What an implementation is asked for.
struct Problem {
  LayerInfo info;  ///< shapes (c, h, w) or (features,)
  std::uint32_t layer = 0;
  bool first = false;           ///< fed by the images
  bool relu = false;            ///< a ReLU follows and is part of the step
  bool training = false;        ///< there is a backward pass
  bool input_gradient = false;  ///< dx is needed; of the first layer in plain NHWC
  bool exact = false;           ///< forward rounds as little as it can, even if it is slower
  Precision precision = Precision::fp32;
  bool bf16_products = false;  ///< in training, whose precision is fp32: tiles may round to bf16
  std::vector<int> batches;    ///< prepared sizes, largest first

  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  Tensor* weight_gradient = nullptr;  ///< null: not needed, as of frozen weights
  Tensor* bias_gradient = nullptr;

  int max_batch() const { return batches.front(); }
};

/// A step, or why not.
struct Attempt {
  std::unique_ptr<Step> step;
  std::string why_not;
};

template <class LayerType>
struct Implementation {
  std::string name;
  Isa isa = Isa::none;                ///< what it needs
  std::vector<Precision> precisions;  ///< of the weights that it is for; empty: any
  Attempt (*make)(const LayerType& layer, const Problem& problem);
  bool trains_in_bf16 = false;  ///< also for problems with bf16_products

  bool is_for(const Problem& problem) const {
    if (problem.bf16_products && trains_in_bf16) return true;
    return precisions.empty() ||
           std::ranges::find(precisions, problem.precision) != precisions.end();
  }
};

template <class LayerType>
using Implementations = std::span<const Implementation<LayerType>>;

Implementations<Conv> implementations(const Conv& conv);
Implementations<Linear> implementations(const Linear& linear);
Implementations<MaxPool> implementations(const MaxPool& pool);
Implementations<LocalResponseNorm> implementations(const LocalResponseNorm& norm);
Implementations<AdaptiveAvgPool> implementations(const AdaptiveAvgPool& pool);
Implementations<Flatten> implementations(const Flatten& flatten);
Implementations<Dropout> implementations(const Dropout& dropout);
Implementations<Relu> implementations(const Relu& relu);

/// The step of the first implementation that makes one, or null. Those before it that decline the
/// layer add "name: reason" to `declined`; those for other precisions do not.
template <class LayerType>
std::unique_ptr<Step> first_step(const LayerType& layer, const Problem& problem,
                                 std::vector<std::string>& declined) {
  for (const Implementation<LayerType>& implementation : implementations(layer)) {
    if (!implementation.is_for(problem)) continue;
    std::string reason = missing(implementation.isa);
    if (reason.empty()) {
      Attempt attempt = implementation.make(layer, problem);
      if (attempt.step) return std::move(attempt.step);
      reason = std::move(attempt.why_not);
    }
    declined.push_back(implementation.name + ": " + reason);
  }
  return nullptr;
}

}  // namespace alexnet::cpu
