#include "train/initial_state.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/class_map.h"
#include "train/config_rules.h"

namespace alexnet {
namespace {

// "classifier.6."
std::string last_layer_prefix(const Architecture& net) {
  const std::string last = net.parameters().back().name;
  return last.substr(0, last.rfind('.') + 1);
}

void set_dropout(Architecture& net, float probability) {
  for (Layer& layer : net.layers) {
    if (auto* dropout = std::get_if<Dropout>(&layer)) dropout->probability = probability;
  }
}

// The given rows of a matrix, or elements of a vector, in that order.
Tensor rows_of(const Tensor& tensor, const std::vector<std::int32_t>& rows) {
  Tensor result(tensor.shape());
  const auto columns = tensor.values().size() / rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = tensor.values().subspan(static_cast<std::size_t>(rows[i]) * columns, columns);
    std::ranges::copy(from, result.values().subspan(i * columns, columns).begin());
  }
  return result;
}

}  // namespace

Architecture with_classes(Architecture net, int classes) {
  Linear* last = nullptr;
  for (Layer& layer : net.layers) {
    if (auto* linear = std::get_if<Linear>(&layer)) last = linear;
  }
  if (last != nullptr) last->out_features = classes;
  return net;
}

std::optional<std::vector<std::int32_t>> rows_of_classes(const std::vector<std::string>& base,
                                                         const std::vector<std::string>& classes) {
  if (base.size() != classes.size()) return std::nullopt;
  ClassMap map = map_classes(classes, base);
  if (!map.by_name || !map.unknown.empty()) return std::nullopt;
  return std::move(map.labels);
}

InitialState named_network(const TrainConfig& config, const std::vector<std::string>& classes) {
  return with_random_weights(
      make_network(config.model, {.in_channels = config.preprocess->channels,
                                  .classes = static_cast<int>(classes.size()),
                                  .image_size = config.image_size,
                                  .dropout = config.dropout}),
      config);
}

InitialState with_random_weights(const Architecture& architecture, const TrainConfig& config) {
  return {.architecture = architecture,
          .parameters = initialize(architecture, config.initializer, config.seed)};
}

InitialState pretrained_network(const Model& base, const TrainConfig& config,
                                const std::vector<std::string>& classes) {
  InitialState state{.architecture = base.architecture, .parameters = {}};
  set_dropout(state.architecture, config.dropout);
  const std::string last = last_layer_prefix(state.architecture);
  if (const auto rows = rows_of_classes(base.classes, classes)) {
    for (const NamedTensor& entry : base.parameters) {
      const bool is_last = entry.name.starts_with(last);
      state.parameters.add(entry.name,
                           is_last ? rows_of(entry.tensor, *rows) : entry.tensor.clone());
    }
    return state;
  }
  state.architecture =
      with_classes(std::move(state.architecture), static_cast<int>(classes.size()));
  Parameters random = initialize(state.architecture, config.initializer, config.seed);
  for (NamedTensor& entry : random) {
    const bool is_new = entry.name.starts_with(last);
    state.parameters.add(entry.name,
                         is_new ? std::move(entry.tensor) : base.parameters.at(entry.name).clone());
  }
  return state;
}

TrainConfig config_for_finetuning(TrainConfig config, const Model& base) {
  config.model = base.architecture.name;
  config.image_size = base.preprocess.crop;
  config.preprocess = base.preprocess;
  config.normalization = base.normalization;
  config.normalization_kind =
      base.normalization.mean_image ? NormalizationKind::pixels : NormalizationKind::channels;
  set_crops_for_normalization(config);
  return config;
}

TrainConfig config_for_architecture(TrainConfig config, const Architecture& architecture) {
  architecture.validate();
  config.model = architecture.name;
  config.image_size = architecture.input_size();
  config.dropout = 0;
  for (const Layer& layer : architecture.layers) {
    if (const auto* dropout = std::get_if<Dropout>(&layer)) config.dropout = dropout->probability;
  }
  return config;
}

void check_fits_data(const Architecture& architecture, const TrainConfig& config,
                     const std::vector<std::string>& classes) {
  const Preprocess& images = *config.preprocess;
  if (architecture.in_channels != images.channels || architecture.input_size() != images.crop) {
    throw Error(fmt::format(
        "the network '{}' takes images of {} channels and {} pixels a side, and preprocessing "
        "gives {} channels and {} pixels; change the network or set preprocess",
        architecture.name, architecture.in_channels, to_string(architecture.input_size()),
        images.channels, to_string(images.crop)));
  }
  if (architecture.classes() != static_cast<int>(classes.size())) {
    throw Error(
        fmt::format("the network '{}' has {} classes and {} has {}; give the network as "
                    "many",
                    architecture.name, architecture.classes(), config.data, classes.size()));
  }
}

std::vector<LayerRate> layer_rates(const Finetune& finetune, const Architecture& net) {
  if (finetune.weights.empty()) return {};
  std::vector<LayerRate> rates;
  if (finetune.freeze_features) rates.push_back({"features.", 0.0F});
  rates.push_back({last_layer_prefix(net), 1.0F});
  rates.push_back({"", finetune.body_rate});
  return rates;
}

}  // namespace alexnet
