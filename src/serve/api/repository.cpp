#include <array>
#include <nlohmann/json.hpp>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/http/request_json.h"

/// Triton's model repository extension.
namespace alexnet::serve {
namespace {

using nlohmann::json;

json read_body(const Call& call) {
  return call.request->body.empty() ? json::object() : parse_json_body(call.request->body);
}

void list_on_worker(const Call& call, ServerState& state) {
  const json body = read_body(call);
  const json* ready = find_member(body, "ready");
  const bool only_ready = ready != nullptr && flag_of(*ready, "ready");
  json models = json::array();
  for (const auto& [name, loaded] : state.store.names()) {
    if (only_ready && !loaded) continue;
    models.push_back({{"name", name},
                      {"version", "1"},
                      {"state", loaded ? "READY" : "UNAVAILABLE"},
                      {"reason", loaded ? "" : "unloaded"}});
  }
  call.reply(json_response(models));
}

// Throws unless clients may change which models are loaded.
void check_control(const Call& call, const ServerState& state) {
  if (!state.options.model_control) {
    throw Problem(403,
                  "models are loaded and unloaded by clients only where the server was started "
                  "with --model-control");
  }
  const json body = read_body(call);
  const json* parameters = find_member(body, "parameters");
  if (parameters != nullptr && parameters->is_object() &&
      (parameters->contains("config") || parameters->contains("files"))) {
    throw Problem(400,
                  "a model is loaded from the weights that the server was started with; "
                  "'config' and files of the request are not taken");
  }
}

void load_on_worker(const Call& call, ServerState& state) {
  check_control(call, state);
  state.load(call.path.at("model"));
  call.reply(json_response(json::object()));
}

void unload_on_worker(const Call& call, ServerState& state) {
  check_control(call, state);
  state.store.unload(call.path.at("model"));
  call.reply(json_response(json::object()));
}

void list(const Call& call, ServerState& state) {
  run_on_worker(call, state, list_on_worker);
}
void load(const Call& call, ServerState& state) {
  run_on_worker(call, state, load_on_worker);
}
void unload(const Call& call, ServerState& state) {
  run_on_worker(call, state, unload_on_worker);
}

constexpr const char* kBody =
    R"({"content": {"application/json": {"schema": {"type": "object"}}}})";
constexpr const char* kDone = R"({"description": "Done", "content": {
    "application/json": {"schema": {"type": "object"}}}})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "POST",
     .pattern = "/v2/repository/index",
     .handler = list,
     .documentation = {.id = "repositoryIndex",
                       .summary = "The models, loaded or not",
                       .request_body = R"({"content": {"application/json": {"schema": {
                           "type": "object", "properties": {"ready": {
                           "description": "true: only those that are loaded"}}}}}})",
                       .response = R"({"$ref": "#/components/responses/RepositoryIndex"})"}},
    {.method = "POST",
     .pattern = "/v2/repository/models/{model}/load",
     .handler = load,
     .documentation = {.id = "loadModel",
                       .summary = "Reads a model's weights, also again; with --model-control",
                       .request_body = kBody,
                       .response = kDone}},
    {.method = "POST",
     .pattern = "/v2/repository/models/{model}/unload",
     .handler = unload,
     .documentation = {.id = "unloadModel",
                       .summary = "Forgets a model's weights; with --model-control",
                       .request_body = kBody,
                       .response = kDone}},
});

}  // namespace

std::span<const Endpoint> repository_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
