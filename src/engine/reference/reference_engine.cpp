#include "engine/reference/reference_engine.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/threads.h"
#include "engine/common/bfloat16.h"
#include "engine/common/checks.h"
#include "engine/common/dropout_key.h"
#include "engine/common/layer_work.h"
#include "engine/common/sgd.h"
#include "engine/common/training_plan_base.h"
#include "engine/reference/difference.h"
#include "engine/reference/network.h"

namespace alexnet {
namespace {

using reference::Map;
using reference::MaskKey;
using reference::MaskPlace;
using reference::Network;

std::vector<float> to_floats(std::span<const double> values) {
  return {values.begin(), values.end()};
}

/// What inference and training plans share.
class Runner {
 public:
  Runner(const Architecture& architecture, const Parameters& parameters, Parameters* gradients,
         const PlanOptions& options)
      : architecture_(architecture),
        options_(options),
        network_(architecture, parameters, gradients, options.normalization) {}

  Outputs run(const Images& images) {
    check_images(architecture_, images, options_);
    const ThreadTeam team(options_.threads);
    network_.forward(images, [](std::size_t) { return MaskKey{}; });
    if (!has_classes(architecture_)) return {};
    logits_ = to_floats(network_.logits().values);
    log_probabilities_ = to_floats(network_.log_probabilities().values);
    const Map& map = network_.features();
    features_ = to_floats(map.values);
    const Shape classes{map.n, network_.logits().c};
    return {.log_probabilities = {classes, log_probabilities_},
            .logits = {classes, logits_},
            .features = {{map.n, map.c, map.h, map.w}, features_}};
  }

  const Architecture& architecture() const { return architecture_; }
  const PlanOptions& options() const { return options_; }
  Network& network() { return network_; }
  const Network& network() const { return network_; }

  std::vector<LayerPlan> layers() const {
    std::vector<LayerPlan> plans = network_.layers();
    for (LayerPlan& plan : plans) {
      plan.forward.traffic = uncached_traffic(plan.forward, options_.max_batch);
    }
    return plans;
  }

 private:
  Architecture architecture_;
  PlanOptions options_;
  Network network_;
  std::vector<float> logits_;
  std::vector<float> log_probabilities_;
  std::vector<float> features_;
};

class ReferencePlan : public Plan {
 public:
  ReferencePlan(const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
                const PlanOptions& options)
      : parameters_(std::move(parameters)), runner_(architecture, *parameters_, nullptr, options) {}

  const Architecture& architecture() const override { return runner_.architecture(); }
  int max_batch() const override { return runner_.options().max_batch; }
  std::vector<LayerPlan> layers() const override { return runner_.layers(); }
  void measure_layers() override { runner_.network().measure_layers(); }
  Outputs run(const Images& images) override { return runner_.run(images); }

 private:
  std::shared_ptr<const Parameters> parameters_;
  Runner runner_;
};

class ReferenceTrainingPlan : public TrainingPlanBase {
 public:
  ReferenceTrainingPlan(const Architecture& architecture, Parameters parameters,
                        const TrainingOptions& options)
      : TrainingPlanBase(architecture, std::move(parameters), options, {}),
        first_learning_layer_(first_learning_layer(architecture, options.layer_rates)),
        runner_(architecture, factors(), &computed_gradients(), options) {}

  const Architecture& architecture() const override { return runner_.architecture(); }
  void measure_layers() override { runner_.network().measure_layers(); }
  Outputs run(const Images& images) override { return runner_.run(images); }

  // The first layer that learns computes the gradient of its input too, which is not needed.
  std::vector<LayerPlan> layers() const override {
    std::vector<LayerPlan> plans = runner_.layers();
    for (std::size_t i = first_learning_layer_; i < plans.size(); ++i) {
      const LayerWork& forward = plans[i].forward;
      plans[i].backward = {
          .multiply_adds = (i == first_learning_layer_ ? 1 : 2) * forward.multiply_adds,
          .computed = 2 * forward.computed,
          .weight_bytes = 2 * forward.weight_bytes,
          .activation_bytes = 2 * forward.activation_bytes};
      plans[i].backward.traffic = uncached_traffic(plans[i].backward, options().max_batch);
    }
    for (LayerPlan& plan : plans) {
      if (is_rounded() && plan.forward.weight_bytes > 0) plan.implementation += kRoundedWeights;
    }
    return plans;
  }

  StepResult compute_gradients(const Images& images, std::span<const std::int32_t> labels,
                               std::uint32_t step, const GradientReady& ready,
                               const BatchPart& part) override {
    check_images(architecture(), images, options());
    check_labels(labels, images.count, architecture().classes());
    const auto [first, batch] = whole_part(part, images.count);
    const ThreadTeam team(options().threads);
    Network& network = runner_.network();
    network.forward(images, [&, before = first](std::size_t layer) {
      return MaskPlace{dropout_key(options().seed, step, static_cast<std::uint32_t>(layer)),
                       before};
    });
    network.backward(loss_gradient(labels, batch), network.infos().size(), first_learning_layer_,
                     ready);
    return result(labels, batch);
  }

 private:
  // The share of class c in the target of an image.
  double target(std::int64_t c, std::int32_t label, std::int64_t classes) const {
    const double smoothing = options().label_smoothing;
    return smoothing / static_cast<double>(classes) + (c == label ? 1.0 - smoothing : 0.0);
  }

  // Of the mean over the batch of −sum over c of target_c · log p_c, by log p.
  Map loss_gradient(std::span<const std::int32_t> labels, int batch) {
    const Map& log_p = runner_.network().log_probabilities();
    Map gradient(log_p.n, {log_p.c});
    for (std::int64_t n = 0; n < log_p.n; ++n) {
      for (std::int64_t c = 0; c < log_p.c; ++c) {
        gradient.at(n, c, 0, 0) = -target(c, labels[static_cast<std::size_t>(n)], log_p.c) / batch;
      }
    }
    return gradient;
  }

  StepResult result(std::span<const std::int32_t> labels, int batch) {
    const Map& log_p = runner_.network().log_probabilities();
    StepResult step;
    for (std::int64_t n = 0; n < log_p.n; ++n) {
      const std::int32_t label = labels[static_cast<std::size_t>(n)];
      std::int64_t best = 0;
      for (std::int64_t c = 0; c < log_p.c; ++c) {
        step.loss -= target(c, label, log_p.c) * log_p.at(n, c, 0, 0) / batch;
        if (log_p.at(n, c, 0, 0) > log_p.at(n, best, 0, 0)) best = c;
      }
      step.correct += best == label ? 1 : 0;
    }
    return step;
  }

  std::size_t first_learning_layer_;
  Runner runner_;
};

class ReferenceInspectionPlan : public InspectionPlan {
 public:
  ReferenceInspectionPlan(const Architecture& architecture,
                          std::shared_ptr<const Parameters> parameters,
                          const InspectionOptions& options)
      : options_(options),
        parameters_(std::move(parameters)),
        runner_(architecture, *parameters_, nullptr, options) {}

  const Architecture& architecture() const override { return runner_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return runner_.layers(); }
  void measure_layers() override { runner_.network().measure_layers(); }
  Outputs run(const Images& images) override {
    Outputs outputs = runner_.run(images);
    images_ = images.count;
    return outputs;
  }

  Tensor activations(std::string_view layer) const override {
    check_inspected(options_, layer, images_);
    const std::size_t index = inspected_layer(architecture(), options_, layer);
    return to_tensor(runner_.network().output(index), index);
  }

  Tensor logit_gradient(std::span<const std::int32_t> classes) override {
    check_gradients(options_);
    check_inspected(options_, options_.gradient_layer, images_);
    check_labels(classes, images_, architecture().classes());
    const ThreadTeam team(options_.threads);
    Network& network = runner_.network();
    Map gradient(images_, {network.logits().c});
    for (std::size_t n = 0; n < classes.size(); ++n) {
      gradient.at(static_cast<std::int64_t>(n), classes[n], 0, 0) = 1.0;
    }
    const std::size_t index = activations_layer(architecture(), options_.gradient_layer);
    return to_tensor(network.backward(std::move(gradient), network.infos().size() - 1, index + 1),
                     index);
  }

 private:
  Tensor to_tensor(const Map& map, std::size_t layer) const {
    Shape shape = runner_.network().infos()[layer].output;
    shape.insert(shape.begin(), map.n);
    return {std::move(shape), to_floats(map.values)};
  }

  InspectionOptions options_;
  std::shared_ptr<const Parameters> parameters_;
  Runner runner_;
  int images_ = 0;  // of the last run
};

class ReferenceDistancePlan : public DistancePlan {
 public:
  ReferenceDistancePlan(const Architecture& trunk, std::shared_ptr<const Parameters> parameters,
                        const DistanceOptions& options)
      : architecture_(trunk),
        options_(options),
        parameters_(std::move(parameters)),
        network_(trunk, *parameters_, nullptr, options.normalization) {}

  const Architecture& architecture() const override { return architecture_; }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return network_.layers(); }

  std::vector<TensorView> run(const Images& images) override {
    check_pairs(architecture_, images, options_);
    const ThreadTeam team(options_.threads);
    network_.forward(images, [](std::size_t) { return MaskKey{}; });
    images_ = images.count;
    maps_.clear();
    std::vector<TensorView> views;
    for (const DistanceTap& tap : options_.taps) {
      const Map map =
          reference::unit_difference(network_.output(layer_of(tap)), tap.weights, options_.epsilon);
      maps_.emplace_back(Shape{map.n, map.h, map.w}, to_floats(map.values));
      views.push_back({maps_.back().shape(), maps_.back().values()});
    }
    return views;
  }

  Tensor gradient() override {
    check_gradients(options_, images_);
    const ThreadTeam team(options_.threads);
    std::size_t end = architecture_.layers.size();
    Map gradient = network_.output(end - 1);
    std::ranges::fill(gradient.values, 0.0);
    for (std::size_t i = end; i-- > 0;) {
      for (const DistanceTap& tap : options_.taps) {
        if (layer_of(tap) != i) continue;
        gradient = network_.backward(std::move(gradient), end, i + 1);
        reference::add_gradient(network_.output(i), tap.weights, options_.epsilon, gradient);
        end = i + 1;
      }
    }
    return second_images(network_.backward(std::move(gradient), end, 0));
  }

 private:
  std::size_t layer_of(const DistanceTap& tap) const {
    return activations_layer(architecture_, tap.layer);
  }

  static Tensor second_images(const Map& all) {
    std::vector<float> values;
    const auto size = all.features();
    for (std::int64_t image = 1; image < all.n; image += 2) {
      const auto first = all.values.begin() + image * size;
      values.insert(values.end(), first, first + size);
    }
    return {{all.n / 2, all.c, all.h, all.w}, std::move(values)};
  }

  Architecture architecture_;
  DistanceOptions options_;
  std::shared_ptr<const Parameters> parameters_;
  Network network_;
  std::vector<Tensor> maps_;
  int images_ = 0;  // of the last run
};

class ReferenceEngine : public Engine {
 public:
  std::unique_ptr<Plan> compile(const Architecture& architecture,
                                std::shared_ptr<const Parameters> parameters,
                                const InferenceOptions& options) const override {
    if (options.precision != Precision::fp32) {
      throw Error(fmt::format("the reference engine keeps its weights as fp32, not {}; use fp32",
                              to_string(options.precision)),
                  ErrorKind::unsupported);
    }
    return std::make_unique<ReferencePlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                                 Parameters parameters,
                                                 const TrainingOptions& options,
                                                 const Division& /*division*/) const override {
    return std::make_unique<ReferenceTrainingPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<InspectionPlan> compile_inspection(
      const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
      const InspectionOptions& options) const override {
    return std::make_unique<ReferenceInspectionPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<DistancePlan> compile_distance(const Architecture& trunk,
                                                 std::shared_ptr<const Parameters> parameters,
                                                 const DistanceOptions& options) const override {
    return std::make_unique<ReferenceDistancePlan>(trunk, std::move(parameters), options);
  }

  bool divides_by_rows() const override { return false; }
  std::vector<EnvironmentEntry> environment() const override { return {}; }
};

}  // namespace

const Engine& reference_engine() {
  static const ReferenceEngine engine;
  return engine;
}

}  // namespace alexnet
