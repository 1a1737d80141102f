#include "engine/cpu/program.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/cpu/input.h"
#include "engine/cpu/loss.h"

namespace alexnet::cpu {
namespace {

// A batch is rounded up to the next of these: halves, so that at most half of the rows are idle.
std::vector<int> prepared_batches(int max_batch, bool training) {
  std::vector<int> sizes{max_batch};
  while (!training && sizes.back() > 1) sizes.push_back((sizes.back() + 1) / 2);
  return sizes;
}

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
std::string nothing_to_do(const Layer& layer, const LayerInfo& info) {
  if (std::holds_alternative<AdaptiveAvgPool>(layer) && info.input == info.output) {
    return "nothing to do: the map has this size";
  }
  if (std::holds_alternative<Flatten>(layer) && info.input[0] == info.output[0]) {
    return "nothing to do: one pixel";
  }
  return {};
}

std::string title(const LayerInfo& info) {
  return info.name.empty() ? info.kind : info.name + " " + info.kind;
}

}  // namespace

Program::Program(const Architecture& architecture, const Parameters& parameters,
                 Parameters* gradients, const PlanOptions& options)
    : architecture_(architecture),
      options_(options),
      scaling_(pixel_scaling(options.normalization, architecture.in_channels)),
      batches_(prepared_batches(options.max_batch, gradients != nullptr)),
      classes_(architecture.classes()) {
  const std::vector<LayerInfo> infos = architecture_.describe();
  plan_values(infos);
  allocate(gradients != nullptr);
  make_steps(infos, parameters, gradients);
  pack();
}

void Program::plan_values(const std::vector<LayerInfo>& infos) {
  value_sizes_ = {element_count(infos.front().input)};
  for (std::size_t i = 0; i + 1 < infos.size(); ++i) {  // the last, LogSoftmax, belongs to the loss
    const Layer& layer = architecture_.layers[i];
    const std::size_t input = value_sizes_.size() - 1;
    if (nothing_to_do(layer, infos[i]).empty()) {
      if (!works_in_place(layer)) value_sizes_.push_back(element_count(infos[i].output));
      const bool relu = takes_relu(layer) && is_relu(architecture_.layers[i + 1]);
      nodes_.push_back({i, relu, input, value_sizes_.size() - 1});
      if (relu) ++i;
    }
    if (std::holds_alternative<Flatten>(layer)) {
      features_value_ = value_sizes_.size() - 1;
      features_shape_ = infos[i].input;
    }
  }
}

void Program::allocate(bool training) {
  const std::int64_t rows = options_.max_batch;
  const std::int64_t largest = *std::ranges::max_element(value_sizes_);
  const std::size_t last = value_sizes_.size() - 1;
  const auto own = [&](std::int64_t size) {
    return buffers_.emplace_back(Shape{rows, size}).data();
  };
  std::vector<float*> turns;
  if (!training) turns = {own(largest), own(largest)};
  for (std::size_t value = 0; value <= last; ++value) {
    const bool kept = training || value == features_value_ || value == last;
    values_.push_back(kept ? own(value_sizes_[value]) : turns[value % 2]);
  }
  if (training) {
    for (int i = 0; i < 2; ++i) gradient_buffers_.emplace_back(Shape{rows, largest});
  }
  log_probabilities_ = Tensor({rows, classes_});
}

float* Program::gradient(std::size_t value) {
  const bool wanted = value > 0 && !gradient_buffers_.empty();
  return wanted ? gradient_buffers_[value % 2].data() : nullptr;
}

void Program::make_steps(const std::vector<LayerInfo>& infos, const Parameters& parameters,
                         Parameters* gradients) {
  for (const LayerInfo& info : infos) layers_.push_back({.layer = title(info)});
  for (std::size_t i = 0; i < infos.size(); ++i) {
    layers_[i].implementation = nothing_to_do(architecture_.layers[i], infos[i]);
  }
  layers_.back().implementation = "own loop, with the loss";

  for (const Node& node : nodes_) {
    const LayerInfo& info = infos[node.layer];
    Problem problem{.info = info,
                    .layer = static_cast<std::uint32_t>(node.layer),
                    .relu = node.relu,
                    .training = gradients != nullptr,
                    .batches = batches_,
                    .x = values_[node.input],
                    .y = values_[node.output],
                    .dx = gradient(node.input),
                    .dy = gradient(node.output)};
    if (info.parameters > 0) {
      problem.weight = &parameters.at(info.name + ".weight");
      problem.bias = &parameters.at(info.name + ".bias");
      if (gradients != nullptr) {
        problem.weight_gradient = &gradients->at(info.name + ".weight");
        problem.bias_gradient = &gradients->at(info.name + ".bias");
      }
    }
    make_step(node, std::move(problem));
    parameter_layers_.push_back(info.parameters > 0 ? info.name : "");
    if (node.relu) layers_[node.layer + 1].implementation = "with " + info.name;
  }
}

void Program::make_step(const Node& node, Problem problem) {
  LayerPlan& plan = layers_[node.layer];
  const auto choose = [&](const auto& layer) {
    for (const auto& implementation : implementations(layer)) {
      Attempt attempt = implementation.make(layer, problem);
      if (attempt.step) {
        plan.implementation = attempt.step->implementation();
        steps_.push_back(std::move(attempt.step));
        return;
      }
      plan.declined.push_back(implementation.name + ": " + attempt.why_not);
    }
    throw Error(fmt::format("the cpu engine cannot run {} on {}: {}", plan.layer,
                            to_string(problem.info.input), fmt::join(plan.declined, "; ")));
  };
  std::visit(
      [&](const auto& layer) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(layer)>, LogSoftmax>) choose(layer);
      },
      architecture_.layers[node.layer]);
}

void Program::pack() {
  for (const auto& step : steps_) step->pack();
}

Pass Program::forward(const Images& images, Pass pass) {
  check_images(architecture_, images, options_.max_batch);
  while (pass.size_index + 1 < batches_.size() && batches_[pass.size_index + 1] >= images.count) {
    ++pass.size_index;
  }
  pass.batch = batches_[pass.size_index];
  load_input(images, scaling_, pass.batch, values_.front());
  for (const auto& step : steps_) step->forward(pass);
  log_softmax(values_.back(), pass.batch, classes_, log_probabilities_.data());
  return pass;
}

Outputs Program::outputs(int images) const {
  const auto view = [&](const float* data, Shape shape) {
    shape.insert(shape.begin(), images);
    const auto size = static_cast<std::size_t>(element_count(shape));
    return TensorView{std::move(shape), {data, size}};
  };
  return {.log_probabilities = view(log_probabilities_.data(), {classes_}),
          .logits = view(values_.back(), {classes_}),
          .features = view(values_[features_value_], features_shape_)};
}

StepResult Program::backward(const Pass& pass, std::span<const std::int32_t> labels,
                             float label_smoothing, const GradientReady& ready) {
  const StepResult result = cross_entropy(log_probabilities_.data(), labels, pass.batch, classes_,
                                          label_smoothing, gradient(values_.size() - 1));
  for (std::size_t i = steps_.size(); i-- > 0;) {
    steps_[i]->backward(pass);
    if (ready && !parameter_layers_[i].empty()) {
      ready(parameter_layers_[i] + ".weight");
      ready(parameter_layers_[i] + ".bias");
    }
  }
  return result;
}

}  // namespace alexnet::cpu
