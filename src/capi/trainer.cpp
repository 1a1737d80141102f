// Trainers: a model compiled for training.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "capi/call.h"
#include "capi/handles.h"
#include "capi/numbers.h"
#include "capi/structs.h"
#include "capi/values.h"
#include "formats/common/input_convention.h"

using namespace alexnet;
using namespace alexnet::capi;

namespace {

alexnet_trainer_options default_options() {
  const TrainingOptions plan;
  alexnet_trainer_options options{};
  options.seed = plan.seed;
  options.max_batch = 64;
  options.threads = plan.threads;
  options.precision = number_of(plan.precision);
  options.convention = number_of(plan.sgd.convention);
  options.momentum = plan.sgd.momentum;
  options.weight_decay = plan.sgd.weights.weight_decay;
  options.bias_weight_decay = plan.sgd.biases.weight_decay;
  options.weight_rate = plan.sgd.weights.learning_rate_multiplier;
  options.bias_rate = plan.sgd.biases.learning_rate_multiplier;
  options.label_smoothing = plan.label_smoothing;
  return options;
}

std::vector<LayerRate> layer_rates(const Call& call, const alexnet_trainer_options& options) {
  std::vector<LayerRate> rates;
  if (options.layer_rate_count == 0) return rates;
  for (const alexnet_layer_rate& rate :
       std::span(&call.need(options.layer_rates, "layer_rates"), options.layer_rate_count)) {
    rates.push_back({.prefix = &call.need(rate.prefix, "the prefix of a layer rate"),
                     .multiplier = rate.multiplier});
  }
  return rates;
}

void check_numbers(const Call& call, const alexnet_trainer_options& options) {
  for (const float number : {options.momentum, options.weight_decay, options.bias_weight_decay,
                             options.weight_rate, options.bias_rate}) {
    if (std::isfinite(number) && number >= 0) continue;
    throw call.error(fmt::format("momentum, weight decay and rates are 0 or more, not {}", number));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1)) {
    throw call.error(
        fmt::format("label smoothing is from 0 to below 1, not {}", options.label_smoothing));
  }
}

TrainingOptions training_options(const Call& call, const alexnet_trainer_options& options,
                                 const Normalization& normalization) {
  check_numbers(call, options);
  return {{.engine = options.engine != nullptr ? options.engine : kDefaultEngine,
           .max_batch = options.max_batch,
           .threads = options.threads,
           .normalization = normalization},
          {.convention = from_number<SgdConvention>(call, options.convention),
           .momentum = options.momentum,
           .weights = {options.weight_rate, options.weight_decay},
           .biases = {options.bias_rate, options.bias_weight_decay}},
          options.label_smoothing,
          options.seed,
          layer_rates(call, options),
          from_number<TrainingPrecision>(call, options.precision)};
}

const Parameters& tensors_of(const Call& call, const TrainingPlan& plan, std::int32_t set) {
  switch (set) {
    case ALEXNET_PARAMETERS:
      return plan.parameters();
    case ALEXNET_GRADIENTS:
      return plan.gradients();
    case ALEXNET_MOMENTUM:
      return plan.momentum();
    default:
      throw call.error(fmt::format("there is no set {} of tensors; they are 0 to 2", set));
  }
}

void edit(TrainingPlan& plan, std::int32_t set, const ParametersEdit& change) {
  if (set == ALEXNET_PARAMETERS) plan.edit_parameters(change);
  if (set == ALEXNET_GRADIENTS) plan.edit_gradients(change);
  if (set == ALEXNET_MOMENTUM) plan.edit_momentum(change);
}

}  // namespace

alexnet_status alexnet_trainer_options_init(alexnet_trainer_options* options, size_t size) {
  return guarded(__func__,
                 [&](const Call& call) { write_struct(call, options, size, default_options()); });
}

alexnet_status alexnet_trainer_create(const alexnet_model* model,
                                      const alexnet_trainer_options* options,
                                      alexnet_trainer** trainer) {
  return guarded(__func__, [&](const Call& call) {
    call.need(trainer, "trainer") = nullptr;
    auto known = default_options();
    if (options != nullptr) known = read_struct(call, *options, known, "alexnet_trainer_options");
    const Model& source = *call.need(model, "model").model;
    auto made = std::make_unique<alexnet_trainer>();
    made->description = description_of(source);
    made->plan = compile_training(source.architecture, source.parameters.clone(),
                                  training_options(call, known, source.normalization));
    *trainer = made.release();
  });
}

void alexnet_trainer_free(alexnet_trainer* trainer) {
  delete trainer;
}

alexnet_status alexnet_trainer_compute_gradients(alexnet_trainer* trainer,
                                                 const alexnet_images* images,
                                                 const int32_t* labels, uint32_t step, double* loss,
                                                 int32_t* correct) {
  return guarded(__func__, [&](const Call& call) {
    TrainingPlan& plan = *call.need(trainer, "trainer").plan;
    const Images batch = images_of(call, images);
    const std::span all(&call.need(labels, "labels"), static_cast<std::size_t>(batch.count));
    const StepResult result = plan.compute_gradients(batch, all, step);
    if (loss != nullptr) *loss = result.loss;
    if (correct != nullptr) *correct = result.correct;
  });
}

alexnet_status alexnet_trainer_update(alexnet_trainer* trainer, float learning_rate) {
  return guarded(__func__, [&](const Call& call) {
    TrainingPlan& plan = *call.need(trainer, "trainer").plan;
    if (!std::isfinite(learning_rate)) {
      throw call.error(fmt::format("a learning rate of {} is not possible", learning_rate));
    }
    plan.update(learning_rate);
  });
}

alexnet_status alexnet_trainer_tensor(alexnet_trainer* trainer, int32_t set, const char* name,
                                      alexnet_tensor* tensor) {
  return guarded(__func__, [&](const Call& call) {
    const TrainingPlan& plan = *call.need(trainer, "trainer").plan;
    const Tensor& found = tensors_of(call, plan, set).at(&call.need(name, "name"));
    call.need(tensor, "tensor") = tensor_of(found.shape(), found.values());
  });
}

alexnet_status alexnet_trainer_set_tensor(alexnet_trainer* trainer, int32_t set, const char* name,
                                          const alexnet_tensor* tensor) {
  return guarded(__func__, [&](const Call& call) {
    TrainingPlan& plan = *call.need(trainer, "trainer").plan;
    const std::string_view key = &call.need(name, "name");
    const Shape shape = tensors_of(call, plan, set).at(key).shape();
    const auto values = values_of(call, call.need(tensor, "tensor"), shape, key);
    edit(plan, set,
         [&](Parameters& tensors) { std::ranges::copy(values, tensors.at(key).data()); });
  });
}

alexnet_status alexnet_trainer_model(alexnet_trainer* trainer, alexnet_model** model) {
  return guarded(__func__, [&](const Call& call) {
    call.need(model, "model") = nullptr;
    const alexnet_trainer& trained = call.need(trainer, "trainer");
    Model copy = description_of(trained.description);
    copy.parameters = trained.plan->parameters().clone();
    copy.provenance.erase(kRounded);
    check_fit(copy.architecture, copy.parameters, "the trained network");
    *model = new_model(std::move(copy));
  });
}
