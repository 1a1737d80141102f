#include "train/beginning.h"

#include <alexnet/networks.h>

#include <utility>

namespace alexnet {
namespace {

// "classifier.6."
std::string last_layer_prefix(const Architecture& net) {
  const std::string last = net.parameters().back().name;
  return last.substr(0, last.rfind('.') + 1);
}

void set_classes(Architecture& net, int classes) {
  Linear* last = nullptr;
  for (Layer& layer : net.layers) {
    if (auto* linear = std::get_if<Linear>(&layer)) last = linear;
  }
  last->out_features = classes;
}

void set_dropout(Architecture& net, float probability) {
  for (Layer& layer : net.layers) {
    if (auto* dropout = std::get_if<Dropout>(&layer)) dropout->probability = probability;
  }
}

}  // namespace

Beginning fresh(const TrainConfig& config, const std::vector<std::string>& classes) {
  Beginning beginning{
      .architecture = network(config.model, {.in_channels = config.preprocess->channels,
                                             .classes = static_cast<int>(classes.size()),
                                             .image_size = config.image_size,
                                             .dropout = config.dropout}),
      .parameters = {}};
  beginning.parameters = initialize(beginning.architecture, config.initializer, config.seed);
  return beginning;
}

Beginning pretrained(const Model& base, const TrainConfig& config,
                     const std::vector<std::string>& classes) {
  Beginning beginning{.architecture = base.architecture, .parameters = {}};
  set_dropout(beginning.architecture, config.dropout);
  if (classes == base.classes) {
    beginning.parameters = base.parameters.clone();
    return beginning;
  }
  set_classes(beginning.architecture, static_cast<int>(classes.size()));
  const std::string last = last_layer_prefix(beginning.architecture);
  Parameters start = initialize(beginning.architecture, config.initializer, config.seed);
  for (NamedTensor& entry : start) {
    const bool is_new = entry.name.starts_with(last);
    beginning.parameters.add(
        entry.name, is_new ? std::move(entry.tensor) : base.parameters.at(entry.name).clone());
  }
  return beginning;
}

TrainConfig for_finetuning(TrainConfig config, const Model& base) {
  config.model = base.architecture.name;
  config.image_size = base.preprocess.crop;
  config.preprocess = base.preprocess;
  config.normalization = base.normalization;
  const bool has_mean_image = base.normalization.mean_image != nullptr;
  config.normalizing = has_mean_image ? Normalizing::pixels : Normalizing::channels;
  if (has_mean_image) config.augmentation.square = true;
  return config;
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
