#include "engine/cpu/plan/flow.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "engine/common/bfloat16.h"
#include "engine/common/checks.h"
#include "engine/common/layer_work.h"
#include "engine/common/pixel_scaling.h"
#include "engine/common/pool_folding.h"
#include "engine/cpu/base/implementation.h"
#include "engine/cpu/layers/input.h"
#include "engine/cpu/linear/folded.h"
#include "engine/cpu/linear/sliced.h"
#include "engine/cpu/linear/store.h"

namespace alexnet::cpu {
namespace {

bool is_relu(const Layer& layer) {
  return std::holds_alternative<Relu>(layer);
}

bool takes_relu(const Layer& layer) {
  return std::holds_alternative<Conv>(layer) || std::holds_alternative<Linear>(layer);
}

bool works_in_place(const Layer& layer) {
  return is_relu(layer) || std::holds_alternative<Dropout>(layer);
}

// Why a layer needs no step at all; empty if it does.
std::string nothing_to_do(const Layer& layer, const LayerInfo& info, bool training) {
  if (std::holds_alternative<AdaptiveAvgPool>(layer) && info.input == info.output) {
    return "nothing to do: the map has this size";
  }
  if (std::holds_alternative<Flatten>(layer) && info.input[0] == info.output[0]) {
    return "nothing to do: one pixel";
  }
  if (const auto* dropout = std::get_if<Dropout>(&layer)) {
    if (!training) return "nothing to do at inference";
    if (dropout->probability == 0.0F) return "nothing to do: probability 0";
  }
  return {};
}

std::string title(const LayerInfo& info) {
  return info.name.empty() ? info.kind : info.name + " " + info.kind;
}

// Of the layer's definition; steps that store something else say so themselves.
std::int64_t stored_bytes(const Problem& problem) {
  const std::int64_t all = 4 * problem.info.parameters;
  if (problem.info.kind != "Linear" || problem.precision == Precision::fp32) return all;
  const std::int64_t outputs = problem.info.output[0];
  const std::int64_t weights = problem.info.parameters - outputs;
  return problem.precision == Precision::int8 ? weights + 8 * outputs       // scale and bias
                                              : 2 * weights + 4 * outputs;  // bias
}

void count_products(Products products, LayerWork& work) {
  if (products == Products::bf16) work.computed_in_bf16 = work.computed;
  if (products == Products::bytes) work.computed_in_int8 = work.computed;
}

void describe(const Problem& problem, const Step& step, LayerPlan& plan) {
  const LayerInfo& info = problem.info;
  const bool rounds_weights_only =
      problem.bf16_products && problem.weight != nullptr && !step.rounds_operands();
  if (rounds_weights_only) plan.implementation += kRoundedWeights;
  const std::int64_t activations = 4 * (element_count(info.input) + element_count(info.output));
  plan.forward = {.multiply_adds = info.multiply_adds,
                  .computed = step.multiply_adds(info.multiply_adds),
                  .weight_bytes = step.weight_bytes(stored_bytes(problem)),
                  .activation_bytes = activations};
  count_products(step.products(), plan.forward);
  if (!problem.training) return;
  // The weights' gradient reads both activations, the input's reads one and writes the other.
  const std::int64_t gradients =
      (problem.weight_gradient != nullptr ? 1 : 0) + (problem.input_gradient ? 1 : 0);
  plan.backward = {.multiply_adds = gradients * info.multiply_adds,
                   .computed = step.gradient_multiply_adds(gradients * info.multiply_adds),
                   .weight_bytes = gradients * 4 * info.parameters,
                   .activation_bytes = gradients * activations};
  count_products(step.products(), plan.backward);
  plan.backward.traffic = uncached_traffic(plan.backward, problem.max_batch());
}

class Builder {
 public:
  Builder(const Architecture& architecture, const Parameters& parameters, Parameters* gradients,
          const FlowOptions& options)
      : architecture_(architecture),
        parameters_(parameters),
        gradients_(gradients),
        options_(options),
        infos_(architecture.describe()) {}

  Flow build() {
    for (const LayerInfo& info : infos_) flow_.layers.push_back({.layer = title(info)});
    flow_.value_sizes = {element_count(infos_.front().input)};
    const bool has_loss = has_classes(architecture_);
    const std::size_t layers = has_loss ? infos_.size() - 1 : infos_.size();
    for (std::size_t i = 0; i < layers; ++i) {
      add_layer(i);
      flow_.layer_values.push_back(last_value());
      add_difference(i);
      if (std::holds_alternative<Flatten>(architecture_.layers[i])) {
        flow_.features_value = last_value();
        flow_.features_shape = infos_[i].input;
      }
    }
    if (has_loss) flow_.layers.back().implementation = "with the loss";
    add_input();
    return std::move(flow_);
  }

 private:
  /// A pool whose matrix may go into the weights of the linear layer that follows.
  struct Pooled {
    AdaptiveAvgPool pool;
    Shape map;
    std::size_t value;  // the map
    std::size_t node;   // the pool's
  };

  std::size_t last_value() const { return flow_.value_sizes.size() - 1; }

  void add_layer(std::size_t i) {
    const Layer& layer = architecture_.layers[i];
    std::string& implementation = flow_.layers[i].implementation;
    if (!implementation.empty()) return;  // went with the layer before
    implementation = nothing_to_do(layer, infos_[i], gradients_ != nullptr);
    if (!implementation.empty()) return;
    Problem problem = make_problem(i);
    note_pool(i);
    if (std::holds_alternative<Linear>(layer)) keep_in_range(problem, flow_.layers[i]);
    if (pooled_ && std::holds_alternative<Linear>(layer)) {
      add_folded(i, std::get<Linear>(layer), problem);
    } else {
      auto step =
          make_step(i, problem, element_count(problem.info.input),
                    [&](const Problem& part) { return choose(layer, part, flow_.layers[i]); });
      describe(problem, *step, flow_.layers[i]);
      add_node(i, last_value(), std::move(step));
    }
    if (problem.relu) flow_.layers[i + 1].implementation = "with " + infos_[i].name;
  }

  // After the ReLU that went with the layer before.
  void add_difference(std::size_t i) {
    for (const DistanceTap& tap : options_.taps) {
      if (activations_layer(architecture_, tap.layer) != i) continue;
      auto step = std::make_unique<Difference>(infos_[i], tap.weights, options_.epsilon,
                                               options_.batches.front());
      flow_.differences.push_back(step.get());
      flow_.nodes.push_back({.step = std::move(step),
                             .layer = i,
                             .input = last_value(),
                             .output = last_value(),
                             .parameters = "",
                             .has_backward = options_.backward});
    }
  }

  // Of a pool that is folded into them, up to all of its outputs' weights are added up.
  void keep_in_range(Problem& problem, LayerPlan& plan) const {
    if (problem.precision != Precision::fp16) return;
    plan.why_fp32 = linear::why_not_halves(
        *problem.weight, pooled_ ? pooled_->pool.height * pooled_->pool.width : 1);
    if (!plan.why_fp32.empty()) problem.precision = Precision::fp32;
  }

  // Between the pool and its linear layer nothing but Flatten may have a step.
  void note_pool(std::size_t i) {
    const Layer& layer = architecture_.layers[i];
    if (const auto* pool = std::get_if<AdaptiveAvgPool>(&layer)) {
      if (worth_folding(infos_[i].input, *pool) && !ends_inside(i)) {
        pooled_ = {*pool, infos_[i].input, last_value(), flow_.nodes.size()};
      }
    } else if (!std::holds_alternative<Flatten>(layer) && !std::holds_alternative<Linear>(layer)) {
      pooled_.reset();
    }
  }

  // Whether the gradient by the pool's output is needed.
  bool ends_inside(std::size_t pool) const {
    return gradients_ == nullptr && options_.backward && options_.backward_ends >= pool;
  }

  // Of a layer whose rows are cut `make` makes a slice.
  std::unique_ptr<Step> make_step(std::size_t i, const Problem& problem, std::int64_t inputs,
                                  const LinearMaker& make) {
    if (!is_sliced(problem.info, options_.division.parts)) return make(problem);
    auto step = make_sliced(options_.division, problem, static_cast<std::size_t>(inputs),
                            [&](const Problem& slice) {
                              flow_.layers[i].declined.clear();
                              return make(slice);
                            });
    flow_.layers[i].implementation = step->implementation();
    return step;
  }

  // The pool and Flatten stay, for those who ask for the features; gradients pass them by.
  void add_folded(std::size_t i, const Linear& linear, const Problem& problem) {
    const auto make = [&](const Problem& part) {
      Attempt attempt = make_folded(pooled_->map, pooled_->pool, linear, part);
      if (!attempt.step) refuse(flow_.layers[i], part, attempt.why_not);
      return std::move(attempt.step);
    };
    std::unique_ptr<Step> step = make_step(i, problem, element_count(pooled_->map), make);
    flow_.layers[i].implementation = step->implementation();
    describe(problem, *step, flow_.layers[i]);
    for (std::size_t n = pooled_->node; n < flow_.nodes.size(); ++n) {
      flow_.nodes[n].has_backward = false;
      flow_.layers[flow_.nodes[n].layer].backward = {};
    }
    add_node(i, pooled_->value, std::move(step));
    pooled_.reset();
  }

  void add_node(std::size_t i, std::size_t input, std::unique_ptr<Step> step) {
    const LayerInfo& info = infos_[i];
    if (!works_in_place(architecture_.layers[i]) || (i > 0 && is_kept(i - 1))) {
      flow_.value_sizes.push_back(element_count(info.output));
    }
    flow_.nodes.push_back({.step = std::move(step),
                           .layer = i,
                           .input = input,
                           .output = last_value(),
                           .parameters = info.parameters > 0 ? info.name : "",
                           .has_backward = learns(i) || needs_input_gradient(i),
                           .input_gradient = needs_input_gradient(i)});
  }

  bool needs_input_gradient(std::size_t i) const {
    return options_.backward && (i > options_.backward_ends || options_.image_gradient);
  }

  bool is_kept(std::size_t i) const {
    return std::ranges::find(options_.kept_layers, i) != options_.kept_layers.end();
  }

  bool learns(std::size_t i) const { return gradients_ != nullptr && i >= options_.backward_ends; }

  // Dropout masks all the same where gradients do not reach.
  bool trains(std::size_t i) const {
    return learns(i) || needs_input_gradient(i) ||
           std::holds_alternative<Dropout>(architecture_.layers[i]);
  }

  Problem make_problem(std::size_t i) const {
    const LayerInfo& info = infos_[i];
    Problem problem{.info = info,
                    .layer = static_cast<std::uint32_t>(i),
                    .first = flow_.nodes.empty(),
                    .relu = takes_relu(architecture_.layers[i]) && !is_kept(i) &&
                            i + 1 < architecture_.layers.size() &&
                            is_relu(architecture_.layers[i + 1]),
                    .training = trains(i),
                    .input_gradient = needs_input_gradient(i),
                    .exact = !options_.taps.empty(),
                    .precision = options_.precision,
                    .bf16_products = options_.bf16_products,
                    .batches = options_.batches};
    if (info.parameters == 0) return problem;
    problem.weight = &parameters_.at(info.name + ".weight");
    problem.bias = &parameters_.at(info.name + ".bias");
    if (!learns(i)) return problem;
    problem.weight_gradient = &gradients_->at(info.name + ".weight");
    problem.bias_gradient = &gradients_->at(info.name + ".bias");
    return problem;
  }

  [[noreturn]] static void refuse(const LayerPlan& plan, const Problem& problem,
                                  const std::string& why) {
    throw Error(fmt::format("the cpu engine cannot run {} on {}: {}", plan.layer,
                            to_string(problem.info.input), why),
                ErrorKind::unsupported);
  }

  template <class Kind>
  static std::unique_ptr<Step> choose_among(const Kind& kind, const Problem& problem,
                                            LayerPlan& plan) {
    std::unique_ptr<Step> step = first_step(kind, problem, plan.declined);
    if (!step) refuse(plan, problem, fmt::format("{}", fmt::join(plan.declined, "; ")));
    plan.implementation = step->implementation();
    return step;
  }

  static std::unique_ptr<Step> choose(const Layer& layer, const Problem& problem, LayerPlan& plan) {
    return std::visit(
        [&](const auto& kind) -> std::unique_ptr<Step> {
          if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, LogSoftmax>) {
            return nullptr;
          } else {
            return choose_among(kind, problem, plan);
          }
        },
        layer);
  }

  void add_input() {
    const Shape& image = infos_.front().input;
    const InputLayout plain{.height = static_cast<int>(image[1]),
                            .width = static_cast<int>(image[2]),
                            .channels = static_cast<int>(image[0])};
    const InputLayout layout = flow_.nodes.front().step->input_layout(plain);
    flow_.value_sizes.front() = std::int64_t{layout.height} * layout.width * layout.channels;
    const PixelScaling scaling = pixel_scaling(options_.normalization, architecture_.in_channels);
    flow_.nodes.insert(flow_.nodes.begin(), {.step = make_input(scaling, image, layout),
                                             .layer = flow_.nodes.front().layer,
                                             .input = 0,
                                             .output = 0,
                                             .parameters = "",
                                             .has_backward = false});
  }

  const Architecture& architecture_;
  const Parameters& parameters_;
  Parameters* gradients_;
  const FlowOptions& options_;
  std::vector<LayerInfo> infos_;
  Flow flow_;
  std::optional<Pooled> pooled_;
};

}  // namespace

Flow make_flow(const Architecture& architecture, const Parameters& parameters,
               Parameters* gradients, const FlowOptions& options) {
  return Builder(architecture, parameters, gradients, options).build();
}

}  // namespace alexnet::cpu
