#include <alexnet/networks.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/infer_request.h"
#include "serve/api/model_description.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

void list_models(const Call& call, ServerState& state) {
  json models = json::array();
  for (const auto& model : state.store.all()) {
    json described = describe_model(*model);
    described["name"] = model->name;
    described["input"] = input_extents(*model);
    described["lpips"] = begins_as_trunk(model->model.architecture);
    models.push_back(std::move(described));
  }
  call.reply(json_response({{"models", std::move(models)}}));
}

void model_ready(const Call& call, ServerState& state) {
  const auto model = model_of_path(call, state);
  call.reply(json_response({{"name", model->name}, {"ready", true}}));
}

void model_metadata(const Call& call, ServerState& state) {
  const auto model = model_of_path(call, state);
  json outputs = json::array();
  for (const std::string_view name : kOutputNames) {
    outputs.push_back({{"name", name}, {"datatype", "FP32"}, {"shape", {-1, model->classes()}}});
  }
  json accepted = accepted_inputs(*model);
  call.reply(json_response({{"name", model->name},
                            {"versions", {"1"}},
                            {"platform", "alexnet"},
                            {"inputs", json::array({accepted.front()})},
                            {"outputs", outputs},
                            {"parameters", describe_model(*model)}}));
}

// TensorFlow Serving's status and KServe's readiness in one.
void model_status(const Call& call, ServerState& state) {
  const auto model = model_of_path(call, state);
  const json available{{"version", "1"},
                       {"state", "AVAILABLE"},
                       {"status", {{"error_code", "OK"}, {"error_message", ""}}}};
  call.reply(json_response({{"name", model->name},
                            {"ready", true},
                            {"model_version_status", json::array({available})}}));
}

constexpr const char* kMetadata = R"({"$ref": "#/components/responses/ModelMetadata"})";
constexpr const char* kReady = R"({"$ref": "#/components/responses/ModelReady"})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "GET",
     .pattern = "/v1/models",
     .handler = list_models,
     .documentation = {.id = "listModels",
                       .summary = "The models and their classes",
                       .response = R"({"$ref": "#/components/responses/Models"})"}},
    {.method = "GET",
     .pattern = "/v1/models/{model}",
     .handler = model_status,
     .documentation = {.id = "modelStatus",
                       .summary = "Whether a model is loaded, as TensorFlow Serving says it",
                       .response = R"({"$ref": "#/components/responses/ModelStatus"})"}},
    {.method = "GET",
     .pattern = "/v2/models/{model}",
     .handler = model_metadata,
     .documentation = {.id = "modelMetadata",
                       .summary = "A model's input and outputs",
                       .response = kMetadata}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/versions/{version}",
     .handler = model_metadata,
     .documentation = {.id = "versionMetadata",
                       .summary = "A model's input and outputs, by version",
                       .response = kMetadata}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/ready",
     .handler = model_ready,
     .documentation = {.id = "modelReady",
                       .summary = "Whether a model is loaded",
                       .response = kReady}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/versions/{version}/ready",
     .handler = model_ready,
     .documentation = {.id = "versionReady",
                       .summary = "Whether a model is loaded, by version",
                       .response = kReady}},
});

}  // namespace

std::span<const Endpoint> model_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
