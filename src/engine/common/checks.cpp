#include "engine/common/checks.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace alexnet {

namespace {

void check_mean_image(const MeanImage& mean, const Architecture& architecture) {
  const auto values = element_count({mean.size.height, mean.size.width, mean.channels});
  if (mean.channels != architecture.in_channels || mean.size.height < architecture.height ||
      mean.size.width < architecture.width ||
      static_cast<std::int64_t>(mean.values.size()) != values) {
    throw Error(fmt::format(
        "a mean image of {}x{}x{} with {} values does not cover the input of {}, {}x{}x{}",
        mean.size.height, mean.size.width, mean.channels, mean.values.size(), architecture.name,
        architecture.height, architecture.width, architecture.in_channels));
  }
}

void check_normalization(const Normalization& normalization, const Architecture& architecture) {
  const std::vector<float>& mean = normalization.mean;
  const std::vector<float>& deviation = normalization.deviation;
  const auto channels = static_cast<std::size_t>(architecture.in_channels);
  if (mean.size() != deviation.size() || (!mean.empty() && mean.size() != channels)) {
    throw Error(fmt::format("normalization has {} means and {} deviations; {} needs {} of each",
                            mean.size(), deviation.size(), architecture.name, channels));
  }
  if (std::ranges::any_of(deviation, [](float d) { return !(d > 0.0F); })) {
    throw Error("a normalization's deviations must be greater than 0");
  }
  if (normalization.mean_image) check_mean_image(*normalization.mean_image, architecture);
}

void check_placements(const Images& images, const MeanImage* mean) {
  if (images.placements.empty()) return;
  if (images.bytes.empty() || images.placements.size() != static_cast<std::size_t>(images.count)) {
    throw Error(fmt::format("{} images as bytes need as many placements, not {}", images.count,
                            images.placements.size()));
  }
  if (mean == nullptr) return;
  for (const Placement& place : images.placements) {
    if (place.top < 0 || place.left < 0 || place.top > mean->size.height - images.height ||
        place.left > mean->size.width - images.width) {
      throw Error(fmt::format(
          "an image of {}x{} at row {}, column {} is outside the mean image of "
          "{}x{}",
          images.height, images.width, place.top, place.left, mean->size.height, mean->size.width));
    }
  }
}

void check_plan(const Architecture& architecture, const Parameters& parameters,
                const PlanOptions& options) {
  check_fit(architecture, parameters, architecture.name);
  if (options.max_batch < 1) {
    throw Error(fmt::format("a batch of {} is not possible; use at least 1", options.max_batch));
  }
  if (options.threads < 0) {
    throw Error(fmt::format("{} threads are not possible; use 0 for all processors or more",
                            options.threads));
  }
  check_normalization(options.normalization, architecture);
}

void check_tap(const DistanceTap& tap, const LayerInfo& layer) {
  const auto channels = static_cast<std::int64_t>(tap.weights.size());
  if (layer.output.size() == 3 && layer.output.front() == channels) return;
  throw Error(fmt::format("{} weights do not fit the layer '{}', which makes {}", channels,
                          tap.layer, to_string(layer.output)));
}

}  // namespace

void check_compile(const Architecture& architecture, const Parameters& parameters,
                   const PlanOptions& options) {
  architecture.validate();
  check_plan(architecture, parameters, options);
}

void check_inspection(const Architecture& architecture, const Parameters& parameters,
                      const InspectionOptions& options) {
  if (has_classes(architecture)) architecture.validate();
  check_plan(architecture, parameters, options);
  for (const std::string& layer : options.layers) activations_layer(architecture, layer);
  if (options.gradient_layer.empty()) return;
  activations_layer(architecture, options.gradient_layer);
  if (has_classes(architecture) && !options.before_relu) return;
  throw Error(
      "gradients are by activations after ReLU, of a network with its classes; leave "
      "`gradient_layer` away");
}

void check_distance(const Architecture& trunk, const Parameters& parameters,
                    const DistanceOptions& options) {
  const std::vector<LayerInfo> infos = trunk.describe();
  check_plan(trunk, parameters, options);
  if (options.max_batch % 2 != 0) {
    throw Error(
        fmt::format("a batch of {} images cannot be pairs; use an even number", options.max_batch));
  }
  if (options.taps.empty()) throw Error("a distance needs layers to compare images at");
  std::size_t next = 0;
  for (const DistanceTap& tap : options.taps) {
    const std::size_t layer = activations_layer(trunk, tap.layer);
    if (layer < next) {
      throw Error(
          fmt::format("the layer '{}' of a distance does not come after the one before; give "
                      "each once, in the order of the network",
                      tap.layer));
    }
    next = layer + 1;
    check_tap(tap, infos[layer]);
  }
}

void check_pairs(const Architecture& trunk, const Images& images, const DistanceOptions& options) {
  check_images(trunk, images, options);
  if (images.count % 2 == 0) return;
  throw Error(fmt::format("{} images are not pairs; give an even number", images.count));
}

void check_images(const Architecture& architecture, const Images& images,
                  const PlanOptions& options) {
  if (images.count < 1 || images.count > options.max_batch) {
    throw Error(fmt::format("a batch of {} images does not fit this plan, which takes 1 to {}",
                            images.count, options.max_batch));
  }
  if (images.channels != architecture.in_channels || images.height != architecture.height ||
      images.width != architecture.width) {
    throw Error(
        fmt::format("images of {} channels, {}x{} do not fit {}, which takes {} channels, "
                    "{}x{}",
                    images.channels, images.height, images.width, architecture.name,
                    architecture.in_channels, architecture.height, architecture.width));
  }
  const auto elements = static_cast<std::size_t>(
      element_count({images.count, images.channels, images.height, images.width}));
  if (images.bytes.size() + images.floats.size() != elements) {
    throw Error(fmt::format("images need either {} bytes or as many floats, not {} and {}",
                            elements, images.bytes.size(), images.floats.size()));
  }
  check_placements(images, options.normalization.mean_image.get());
}

void check_labels(std::span<const std::int32_t> labels, int images, int classes) {
  if (static_cast<int>(labels.size()) != images) {
    throw Error(fmt::format("{} images need as many labels, not {}", images, labels.size()));
  }
  const auto bad = std::ranges::find_if(
      labels, [&](std::int32_t label) { return label < 0 || label >= classes; });
  if (bad != labels.end()) {
    throw Error(fmt::format("label {} of image {} is not one of the {} classes, 0 to {}", *bad,
                            bad - labels.begin(), classes, classes - 1));
  }
}

BatchPart whole_part(const BatchPart& part, int images) {
  const BatchPart whole{.first = part.first, .batch = part.batch == 0 ? images : part.batch};
  if (whole.first < 0 || whole.first > whole.batch - images) {
    throw Error(fmt::format("images {} to {} are no part of a batch of {}", whole.first,
                            whole.first + images - 1, whole.batch));
  }
  return whole;
}

std::size_t activations_layer(const Architecture& architecture, std::string_view name) {
  std::vector<std::string> names;
  const std::vector<LayerInfo> infos = architecture.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].name == name && !name.empty()) {
      return i + 1 < infos.size() && infos[i + 1].kind == "ReLU" ? i + 1 : i;
    }
    if (!infos[i].name.empty()) names.push_back(infos[i].name);
  }
  throw Error(fmt::format("{} has no layer '{}'; its layers are {}", architecture.name, name,
                          fmt::join(names, ", ")),
              ErrorKind::not_found);
}

std::size_t inspected_layer(const Architecture& architecture, const InspectionOptions& options,
                            std::string_view name) {
  const std::size_t layer = activations_layer(architecture, name);
  const bool is_its_own = architecture.describe()[layer].name == name;
  return options.before_relu && !is_its_own ? layer - 1 : layer;
}

bool has_classes(const Architecture& architecture) {
  return !architecture.layers.empty() &&
         std::holds_alternative<LogSoftmax>(architecture.layers.back());
}

void check_inspected(const InspectionOptions& options, std::string_view layer, int images) {
  if (layer != options.gradient_layer &&
      std::ranges::find(options.layers, layer) == options.layers.end()) {
    throw Error(
        fmt::format("the activations of layer '{}' were not kept; name it in `layers`", layer));
  }
  if (images == 0) throw Error("a plan has no activations before its first run");
}

void check_gradients(const InspectionOptions& options) {
  if (options.gradient_layer.empty()) {
    throw Error("this plan has no gradients; name a `gradient_layer`");
  }
}

void check_gradients(const DistanceOptions& options, int images) {
  if (!options.gradient) throw Error("this plan has no gradients; ask for them in its options");
  if (images == 0) throw Error("a plan has no gradients before its first run");
}

}  // namespace alexnet
