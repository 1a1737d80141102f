#include <alexnet/version.h>

#include <array>
#include <nlohmann/json.hpp>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"

namespace alexnet::serve {
namespace {

void server_metadata(const Call& call, ServerState& /*state*/) {
  call.reply(json_response({{"name", "alexnet"},
                            {"version", version()},
                            {"extensions",
                             {"binary_tensor_data", "classification", "model_configuration",
                              "model_repository", "statistics"}}}));
}

void live(const Call& call, ServerState& /*state*/) {
  call.reply(json_response({{"live", true}}));
}

void ready(const Call& call, ServerState& state) {
  if (state.draining) throw unavailable("the server is shutting down");
  call.reply(json_response({{"ready", true}, {"status", "Healthy"}}));
}

void metrics(const Call& call, ServerState& state) {
  for (const auto& model : state.store.all()) {
    state.metrics.set_waiting(model->name, state.executor.waiting(model->name));
  }
  call.reply(
      {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = state.metrics.text()});
}

constexpr const char* kReady = R"({"$ref": "#/components/responses/Ready"})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "GET",
     .pattern = "/metrics",
     .handler = metrics,
     .documentation = {.id = "metrics",
                       .summary = "Counters and histograms for Prometheus",
                       .response = R"({"description": "Prometheus's text format", "content": {
                           "text/plain": {"schema": {"type": "string"}}}})"}},
    {.method = "GET",
     .pattern = "/v2",
     .handler = server_metadata,
     .documentation = {.id = "serverMetadata",
                       .summary = "The server's name, version and extensions of the protocol",
                       .response = R"({"$ref": "#/components/responses/ServerMetadata"})"}},
    {.method = "GET",
     .pattern = "/v2/health/live",
     .handler = live,
     .open = true,
     .documentation = {.id = "live",
                       .summary = "Whether the server answers",
                       .response = R"({"description": "The server answers", "content": {
                           "application/json": {"schema": {"type": "object", "required": ["live"],
                             "properties": {"live": {"type": "boolean"}}}}}})"}},
    {.method = "GET",
     .pattern = "/v2/health/ready",
     .handler = ready,
     .open = true,
     .documentation = {.id = "ready",
                       .summary = "Whether the server is ready for requests",
                       .response = kReady}},
    {.method = "GET",
     .pattern = "/health",
     .handler = ready,
     .open = true,
     .documentation = {.id = "health",
                       .summary = "Whether the server is ready for requests, for load balancers",
                       .response = kReady}},
    {.method = "GET",
     .pattern = "/ping",
     .handler = ready,
     .open = true,
     .documentation = {.id = "ping",
                       .summary = "Whether the server is ready for requests, as TorchServe says it",
                       .response = kReady}},
});

}  // namespace

std::span<const Endpoint> status_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
