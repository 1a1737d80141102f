#include "engine/reference/reference_engine.h"

#include <algorithm>
#include <cmath>

#include "core/threads.h"
#include "engine/batch.h"
#include "engine/reference/layers.h"
#include "engine/sgd.h"

namespace alexnet {
namespace {

using reference::Map;
using reference::MaskKey;
using reference::ReferenceLayer;
using reference::Weights;

std::vector<float> to_floats(std::span<const double> values) {
  return {values.begin(), values.end()};
}

/// The layers in a row, with all activations kept.
class Network {
 public:
  Network(const Architecture& architecture, const Parameters& parameters, Parameters* gradients)
      : infos_(architecture.describe()) {
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      Weights weights;
      if (infos_[i].parameters > 0) {
        weights.weight = &parameters.at(infos_[i].name + ".weight");
        weights.bias = &parameters.at(infos_[i].name + ".bias");
        if (gradients != nullptr) {
          weights.weight_gradient = &gradients->at(infos_[i].name + ".weight");
          weights.bias_gradient = &gradients->at(infos_[i].name + ".bias");
        }
      }
      layers_.push_back(make_layer(architecture.layers[i], infos_[i], weights));
    }
  }

  /// activations()[i] is the input of layer i; the last one holds the log-probabilities.
  template <class LayerMask>
  void forward(const Map& input, const LayerMask& mask) {
    activations_.assign(1, input);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      activations_.push_back(layers_[i]->forward(activations_.back(), mask(i)));
    }
  }

  /// From the output of layer `end` − 1 down to the input of layer `first`.
  Map backward(Map gradient, std::size_t end, std::size_t first, const GradientReady& ready = {}) {
    for (std::size_t i = end; i-- > first;) {
      gradient = layers_[i]->backward(activations_[i], activations_[i + 1], gradient);
      if (ready && infos_[i].parameters > 0) {
        ready(infos_[i].name + ".weight");
        ready(infos_[i].name + ".bias");
      }
    }
    return gradient;
  }

  /// Of a layer; none before the first run.
  const Map& output(std::size_t layer) const { return activations_[layer + 1]; }
  const Map& logits() const { return activations_[activations_.size() - 2]; }
  const Map& log_probabilities() const { return activations_.back(); }
  /// The input of Flatten.
  const Map& features() const {
    const auto flatten = std::ranges::find(infos_, "Flatten", &LayerInfo::kind);
    return activations_[static_cast<std::size_t>(flatten - infos_.begin())];
  }
  const std::vector<LayerInfo>& infos() const { return infos_; }

 private:
  std::vector<LayerInfo> infos_;
  std::vector<std::unique_ptr<ReferenceLayer>> layers_;
  std::vector<Map> activations_;
};

// What is added to the pixel at (y, x) of the crop as it was cut out.
double offset_at(const PixelScaling& scaling, const Placement& place, std::int64_t y,
                 std::int64_t x, std::int64_t c) {
  const auto channel = static_cast<std::size_t>(c);
  const double colour = colour_shift(place, scaling, channel);
  if (scaling.mean_size == 0) return scaling.offset[channel] + colour;
  const std::int64_t pixel = (place.top + y) * scaling.mean_size + place.left + x;
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

/// What inference and training plans share.
class Runner {
 public:
  Runner(const Architecture& architecture, const Parameters& parameters, Parameters* gradients,
         const PlanOptions& options)
      : architecture_(architecture),
        options_(options),
        scaling_(pixel_scaling(options.normalization, architecture.in_channels)),
        network_(architecture, parameters, gradients) {}

  Outputs run(const Images& images) {
    check_images(architecture_, images, options_);
    const ThreadTeam team(options_.threads);
    network_.forward(load(images, scaling_), [](std::size_t) { return MaskKey{}; });
    logits_ = to_floats(network_.logits().values);
    log_probabilities_ = to_floats(network_.log_probabilities().values);
    const Map& map = network_.features();
    features_ = to_floats(map.values);
    const Shape classes{map.n, network_.logits().c};
    return {.log_probabilities = {classes, log_probabilities_},
            .logits = {classes, logits_},
            .features = {{map.n, map.c, map.h, map.w}, features_}};
  }

  std::vector<LayerPlan> layers() const {
    std::vector<LayerPlan> plans;
    for (const LayerInfo& info : network_.infos()) {
      plans.push_back(
          {.layer = info.name.empty() ? info.kind : info.name + " " + info.kind,
           .implementation = "reference",
           .forward = {.multiply_adds = info.multiply_adds, .computed = info.multiply_adds}});
    }
    return plans;
  }

  const Architecture& architecture() const { return architecture_; }
  const PlanOptions& options() const { return options_; }
  const PixelScaling& scaling() const { return scaling_; }
  Network& network() { return network_; }
  const Network& network() const { return network_; }

 private:
  Architecture architecture_;
  PlanOptions options_;
  PixelScaling scaling_;
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
  Outputs run(const Images& images) override { return runner_.run(images); }

 private:
  std::shared_ptr<const Parameters> parameters_;
  Runner runner_;
};

class ReferenceTrainingPlan : public TrainingPlan {
 public:
  ReferenceTrainingPlan(const Architecture& architecture, Parameters parameters,
                        const TrainingOptions& options)
      : options_(options),
        parameters_(std::move(parameters)),
        gradients_(architecture),
        momentum_(architecture),
        first_learning_layer_(first_learning_layer(architecture, options.layer_rates)),
        runner_(architecture, parameters_, &gradients_, options) {}

  const Architecture& architecture() const override { return runner_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return runner_.layers(); }
  Outputs run(const Images& images) override { return runner_.run(images); }

  StepResult compute_gradients(const Images& images, std::span<const std::int32_t> labels,
                               std::uint32_t step, const GradientReady& ready) override {
    check_images(architecture(), images, options_);
    check_labels(labels, images.count, architecture().classes());
    const ThreadTeam team(options_.threads);
    Network& network = runner_.network();
    network.forward(load(images, runner_.scaling()), [&](std::size_t layer) {
      return MaskKey(dropout_key(options_.seed, step, static_cast<std::uint32_t>(layer)));
    });
    network.backward(loss_gradient(labels), network.infos().size(), first_learning_layer_, ready);
    return result(labels);
  }

  void update(float learning_rate) override {
    sgd_update(options_.sgd, options_.layer_rates, learning_rate, parameters_, gradients_,
               momentum_);
  }

  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  Parameters& momentum() override { return momentum_; }
  const Parameters& momentum() const override { return momentum_; }
  const Parameters& gradients() const override { return gradients_; }

 private:
  // The share of class c in the target of an image.
  double target(std::int64_t c, std::int32_t label, std::int64_t classes) const {
    const double smoothing = options_.label_smoothing;
    return smoothing / static_cast<double>(classes) + (c == label ? 1.0 - smoothing : 0.0);
  }

  // Of the mean over the batch of −sum over c of target_c · log p_c, by log p.
  Map loss_gradient(std::span<const std::int32_t> labels) {
    const Map& log_p = runner_.network().log_probabilities();
    Map gradient(log_p.n, {log_p.c});
    for (std::int64_t n = 0; n < log_p.n; ++n) {
      for (std::int64_t c = 0; c < log_p.c; ++c) {
        gradient.at(n, c, 0, 0) =
            -target(c, labels[static_cast<std::size_t>(n)], log_p.c) / static_cast<double>(log_p.n);
      }
    }
    return gradient;
  }

  StepResult result(std::span<const std::int32_t> labels) {
    const Map& log_p = runner_.network().log_probabilities();
    StepResult step;
    for (std::int64_t n = 0; n < log_p.n; ++n) {
      const std::int32_t label = labels[static_cast<std::size_t>(n)];
      std::int64_t best = 0;
      for (std::int64_t c = 0; c < log_p.c; ++c) {
        step.loss -=
            target(c, label, log_p.c) * log_p.at(n, c, 0, 0) / static_cast<double>(log_p.n);
        if (log_p.at(n, c, 0, 0) > log_p.at(n, best, 0, 0)) best = c;
      }
      step.correct += best == label ? 1 : 0;
    }
    return step;
  }

  TrainingOptions options_;
  Parameters parameters_;
  Parameters gradients_;
  Parameters momentum_;
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
        runner_(architecture, *parameters_, nullptr, options) {
    for (const std::string& layer : options.layers) activations_layer(architecture, layer);
    if (!options.gradient_layer.empty()) activations_layer(architecture, options.gradient_layer);
  }

  const Architecture& architecture() const override { return runner_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return runner_.layers(); }
  Outputs run(const Images& images) override {
    Outputs outputs = runner_.run(images);
    images_ = images.count;
    return outputs;
  }

  Tensor activations(std::string_view layer) const override {
    check_inspected(options_, layer, images_);
    const std::size_t index = activations_layer(architecture(), layer);
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

class ReferenceEngine : public Engine {
 public:
  std::string_view name() const override { return "reference"; }

  std::unique_ptr<Plan> compile(const Architecture& architecture,
                                std::shared_ptr<const Parameters> parameters,
                                const PlanOptions& options) const override {
    check_compile(architecture, *parameters, options);
    check_fp32(options, "the reference engine");
    return std::make_unique<ReferencePlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                                 Parameters parameters,
                                                 const TrainingOptions& options) const override {
    check_compile(architecture, parameters, options);
    check_fp32(options, "the reference engine");
    return std::make_unique<ReferenceTrainingPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<InspectionPlan> compile_inspection(
      const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
      const InspectionOptions& options) const override {
    check_compile(architecture, *parameters, options);
    check_fp32(options, "an inspection plan");
    return std::make_unique<ReferenceInspectionPlan>(architecture, std::move(parameters), options);
  }
};

}  // namespace

const Engine& reference_engine() {
  static const ReferenceEngine engine;
  return engine;
}

}  // namespace alexnet
