#include "formats/common/architecture_json.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <variant>

#include "core/json_fields.h"
#include "core/printable.h"

namespace alexnet {
namespace {

using nlohmann::json;

void visit_fields(Conv& conv, auto& visit) {
  visit("out_channels", conv.out_channels);
  visit("kernel", conv.kernel);
  visit("stride", conv.stride);
  visit("padding", conv.padding);
  visit("groups", conv.groups);
  visit("ceil_mode", conv.ceil_mode);
}

void visit_fields(MaxPool& pool, auto& visit) {
  visit("kernel", pool.kernel);
  visit("stride", pool.stride);
  visit("ceil_mode", pool.ceil_mode);
}

void visit_fields(LocalResponseNorm& norm, auto& visit) {
  visit("size", norm.size);
  visit("k", norm.k);
  visit("alpha", norm.alpha);
  visit("beta", norm.beta);
  visit("divide_by_size", norm.divide_by_size);
}

void visit_fields(AdaptiveAvgPool& pool, auto& visit) {
  visit("height", pool.height);
  visit("width", pool.width);
}

void visit_fields(Dropout& dropout, auto& visit) {
  visit("probability", dropout.probability);
}
void visit_fields(Linear& linear, auto& visit) {
  visit("out_features", linear.out_features);
}
void visit_fields(Relu& /*relu*/, auto& /*visit*/) {}
void visit_fields(Flatten& /*flatten*/, auto& /*visit*/) {}
void visit_fields(LogSoftmax& /*softmax*/, auto& /*visit*/) {}

json layer_to_json(Layer layer) {
  FieldWriter writer;
  writer("kind", layer_kind(layer));
  std::visit([&](auto& fields) { visit_fields(fields, writer); }, layer);
  return writer.take();
}

// The alternative of Layer that calls itself `kind`.
template <std::size_t I = 0>
Layer default_layer(std::string_view kind, std::string_view source) {
  if constexpr (I == std::variant_size_v<Layer>) {
    throw Error(fmt::format("{}: damaged or of a newer version, the kind of layer '{}' is unknown",
                            source, printable(kind)));
  } else {
    Layer layer(std::in_place_index<I>);
    return layer_kind(layer) == kind ? layer : default_layer<I + 1>(kind, source);
  }
}

Layer layer_from_json(const json& object, const std::string& source) {
  FieldReader reader(object, source);
  std::string kind;
  reader("kind", kind);
  Layer layer = default_layer(kind, source);
  std::visit([&](auto& fields) { visit_fields(fields, reader); }, layer);
  reader.finish();
  return layer;
}

}  // namespace

json architecture_to_json(const Architecture& architecture) {
  json layers = json::array();
  for (const Layer& layer : architecture.layers) layers.push_back(layer_to_json(layer));
  return {{"name", architecture.name},
          {"in_channels", architecture.in_channels},
          {"height", architecture.height},
          {"width", architecture.width},
          {"layers", std::move(layers)}};
}

Architecture architecture_from_json(const json& object, const std::string& source) {
  Architecture architecture;
  FieldReader reader(object, source);
  reader("name", architecture.name);
  reader("in_channels", architecture.in_channels);
  reader("height", architecture.height);
  reader("width", architecture.width);
  const json& layers = reader.take("layers");
  if (!layers.is_array()) {
    throw Error(fmt::format("{}: damaged, the field 'layers' must be a list", source));
  }
  for (const json& layer : layers) {
    const std::size_t position = architecture.layers.size();
    architecture.layers.push_back(
        layer_from_json(layer, fmt::format("{}, layer {}", source, position)));
  }
  reader.finish();
  try {
    architecture.validate();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: damaged, {}", source, error.what()), error.kind());
  }
  return architecture;
}

}  // namespace alexnet
