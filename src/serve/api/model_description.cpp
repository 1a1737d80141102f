#include "serve/api/model_description.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/json.h"
#include "data/image/formats.h"
#include "formats/common/model_metadata.h"
#include "serve/api/infer_request.h"

namespace alexnet::serve {

using nlohmann::json;

json input_extents(const ServedModel& model) {
  const Architecture& net = model.model.architecture;
  return {net.in_channels, net.height, net.width};
}

json accepted_inputs(const ServedModel& model) {
  const Architecture& net = model.model.architecture;
  json accepted = json::array();
  for (const InputType& type : input_types()) {
    json shape = json::array({-1});
    for (const std::int64_t extent :
         image_extents(type, {net.in_channels, net.height, net.width})) {
      shape.push_back(extent);
    }
    accepted.push_back({{"name", kInputName}, {"datatype", type.name}, {"shape", shape}});
  }
  return accepted;
}

json describe_model(const ServedModel& model) {
  const auto metadata = model_metadata(model.model);
  const auto part = [&](const char* name) { return parse_json(metadata.at(name), name); };
  json formats = json::array();
  for (const ImageFormat& format : image_formats()) formats.push_back(format.name);
  return {{"network", model.model.architecture.name},  {"classes", model.model.classes},
          {"preprocess", part("preprocess")},          {"normalization", part("normalization")},
          {"accepted_inputs", accepted_inputs(model)}, {"image_formats", formats}};
}

}  // namespace alexnet::serve
