// What a model says about itself.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "capi/call.h"
#include "capi/handles.h"
#include "capi/numbers.h"
#include "capi/structs.h"
#include "capi/values.h"
#include "core/json.h"
#include "formats/common/model_metadata.h"
#include "infer/network_json.h"

using namespace alexnet;
using namespace alexnet::capi;

namespace {

std::string json_of(const Model& model, const std::vector<ParameterSpec>& tensors) {
  const auto metadata = model_metadata(model);
  const auto part = [&](const char* name) { return parse_json(metadata.at(name), name); };
  nlohmann::json json = network_json(model.architecture);
  json["class_names"] = model.classes;
  json["tensors"] = nlohmann::json::array();
  for (const ParameterSpec& spec : tensors) {
    json["tensors"].push_back({{"name", spec.name}, {"shape", spec.shape}});
  }
  for (const char* name : {"preprocess", "normalization", "provenance"}) json[name] = part(name);
  return to_text(json);
}

// From 0. Throws Error.
template <class List>
const auto& element(const Call& call, const List& list, std::int32_t index, std::string_view noun) {
  if (index < 0 || index >= std::ssize(list)) {
    throw call.error(
        fmt::format("there is no {} {}; they are 0 to {}", noun, index, std::ssize(list) - 1),
        ErrorKind::not_found);
  }
  return list[static_cast<std::size_t>(index)];
}

alexnet_preprocess preprocess_of(const Model& model) {
  const Preprocess& input = model.preprocess;
  const Normalization& normalization = model.normalization;
  alexnet_preprocess result{};
  if (!normalization.mean.empty()) {
    result.mean = normalization.mean.data();
    result.deviation = normalization.deviation.data();
  }
  if (const auto& image = normalization.mean_image) {
    result.mean_image = image->values.data();
    result.mean_image_height = image->size.height;
    result.mean_image_width = image->size.width;
  }
  result.resize_height = input.resize.height;
  result.resize_width = input.resize.width;
  result.crop_height = input.crop.height;
  result.crop_width = input.crop.width;
  result.channels = input.channels;
  result.fit = number_of(input.fit);
  result.interpolation = number_of(input.interpolation);
  return result;
}

}  // namespace

namespace alexnet::capi {

alexnet_model* new_model(Model model) {
  check_model(model, "the model");
  auto handle = std::make_unique<alexnet_model>();
  handle->tensors = model.architecture.parameters();
  handle->json = json_of(model, handle->tensors);
  handle->model = std::make_shared<const Model>(std::move(model));
  return handle.release();
}

Model description_of(const Model& model) {
  return {.architecture = model.architecture,
          .parameters = {},
          .classes = model.classes,
          .preprocess = model.preprocess,
          .normalization = model.normalization,
          .provenance = model.provenance};
}

}  // namespace alexnet::capi

alexnet_status alexnet_model_network(const alexnet_model* model, const char** network) {
  return guarded(__func__, [&](const Call& call) {
    const Architecture& net = call.need(model, "model").model->architecture;
    call.need(network, "network") = net.name.c_str();
  });
}

alexnet_status alexnet_model_input(const alexnet_model* model, int32_t* channels, int32_t* height,
                                   int32_t* width) {
  return guarded(__func__, [&](const Call& call) {
    const Architecture& net = call.need(model, "model").model->architecture;
    call.need(channels, "channels");
    call.need(height, "height");
    call.need(width, "width");
    *channels = net.in_channels;
    *height = net.height;
    *width = net.width;
  });
}

alexnet_status alexnet_model_class_count(const alexnet_model* model, int32_t* count) {
  return guarded(__func__, [&](const Call& call) {
    const Architecture& net = call.need(model, "model").model->architecture;
    call.need(count, "count") = net.classes();
  });
}

alexnet_status alexnet_model_class_name(const alexnet_model* model, int32_t label,
                                        const char** name) {
  return guarded(__func__, [&](const Call& call) {
    const auto& classes = call.need(model, "model").model->classes;
    call.need(name, "name") = element(call, classes, label, "class").c_str();
  });
}

alexnet_status alexnet_model_parameter_count(const alexnet_model* model, int64_t* count) {
  return guarded(__func__, [&](const Call& call) {
    const Architecture& net = call.need(model, "model").model->architecture;
    call.need(count, "count") = net.parameter_count();
  });
}

alexnet_status alexnet_model_tensor_count(const alexnet_model* model, int32_t* count) {
  return guarded(__func__, [&](const Call& call) {
    const auto& tensors = call.need(model, "model").tensors;
    call.need(count, "count") = static_cast<std::int32_t>(tensors.size());
  });
}

alexnet_status alexnet_model_tensor_name(const alexnet_model* model, int32_t index,
                                         const char** name) {
  return guarded(__func__, [&](const Call& call) {
    const auto& tensors = call.need(model, "model").tensors;
    call.need(name, "name") = element(call, tensors, index, "tensor").name.c_str();
  });
}

alexnet_status alexnet_model_tensor(const alexnet_model* model, const char* name,
                                    alexnet_tensor* tensor) {
  return guarded(__func__, [&](const Call& call) {
    const Parameters& parameters = call.need(model, "model").model->parameters;
    const Tensor& found = parameters.at(&call.need(name, "name"));
    call.need(tensor, "tensor") = tensor_of(found.shape(), found.values());
  });
}

alexnet_status alexnet_model_preprocess(const alexnet_model* model,
                                        alexnet_preprocess* preprocess) {
  return guarded(__func__, [&](const Call& call) {
    const Model& described = *call.need(model, "model").model;
    const std::size_t size = call.need(preprocess, "preprocess").struct_size;
    write_struct(call, preprocess, size, preprocess_of(described));
  });
}

alexnet_status alexnet_model_json(const alexnet_model* model, const char** json) {
  return guarded(__func__, [&](const Call& call) {
    const alexnet_model& described = call.need(model, "model");
    call.need(json, "json") = described.json.c_str();
  });
}
