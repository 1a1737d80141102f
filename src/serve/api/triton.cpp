#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/infer_request.h"
#include "serve/api/model_description.h"

/// What Triton tells of a model beyond the protocol: configuration and statistics.
namespace alexnet::serve {
namespace {

using nlohmann::json;

void config(const Call& call, ServerState& state) {
  const auto model = model_of_path(call, state);
  const ExecutorOptions& batching = state.options.batching;
  json outputs = json::array();
  for (const std::string_view name : kOutputNames) {
    outputs.push_back(
        {{"name", name}, {"data_type", "TYPE_FP32"}, {"dims", json::array({model->classes()})}});
  }
  call.reply(
      json_response({{"name", model->name},
                     {"platform", "alexnet"},
                     {"backend", "alexnet"},
                     {"version_policy", {{"latest", {{"num_versions", 1}}}}},
                     {"max_batch_size", batching.max_batch},
                     {"input",
                      {{{"name", kInputName},
                        {"data_type", "TYPE_FP32"},
                        {"format", "FORMAT_NCHW"},
                        {"dims", input_extents(*model)}}}},
                     {"output", outputs},
                     {"dynamic_batching",
                      {{"max_queue_delay_microseconds", batching.max_wait.count()},
                       {"default_queue_policy", {{"max_queue_size", batching.max_queue}}}}}}));
}

json duration(std::uint64_t count, double seconds) {
  constexpr double kNanoseconds = 1e9;
  return {{"count", count}, {"ns", static_cast<std::uint64_t>(seconds * kNanoseconds)}};
}

json describe(const std::string& model, const ModelStatistics& of) {
  return {{"name", model},
          {"version", "1"},
          {"last_inference", of.last_batch_ms},
          {"inference_count", of.images},
          {"execution_count", of.batches},
          {"inference_stats",
           {{"success",
             duration(of.succeeded, of.queue_seconds + of.compute_seconds + of.decode_seconds)},
            {"fail", duration(of.failed, 0)},
            {"queue", duration(of.queued, of.queue_seconds)},
            {"compute_input", duration(of.decoded, of.decode_seconds)},
            {"compute_infer", duration(of.batches, of.compute_seconds)},
            {"compute_output", duration(0, 0)}}},
          {"batch_stats", json::array()}};
}

void statistics(const Call& call, ServerState& state) {
  const auto model = model_of_path(call, state);
  call.reply(json_response(
      {{"model_stats",
        json::array({describe(model->name, state.metrics.statistics(model->name))})}}));
}

void all_statistics(const Call& call, ServerState& state) {
  json models = json::array();
  for (const auto& model : state.store.all()) {
    models.push_back(describe(model->name, state.metrics.statistics(model->name)));
  }
  call.reply(json_response({{"model_stats", std::move(models)}}));
}

constexpr const char* kConfig = R"({"$ref": "#/components/responses/ModelConfig"})";
constexpr const char* kStatistics = R"({"$ref": "#/components/responses/ModelStatistics"})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "GET",
     .pattern = "/v2/models/stats",
     .handler = all_statistics,
     .documentation = {.id = "statistics",
                       .summary = "Counts and times of all models, as Triton says them",
                       .response = kStatistics}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/config",
     .handler = config,
     .documentation = {.id = "modelConfig",
                       .summary = "A model's configuration, as Triton says it",
                       .response = kConfig}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/versions/{version}/config",
     .handler = config,
     .documentation = {.id = "versionConfig",
                       .summary = "A model's configuration, by version",
                       .response = kConfig}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/stats",
     .handler = statistics,
     .documentation = {.id = "modelStatistics",
                       .summary = "A model's counts and times, as Triton says them",
                       .response = kStatistics}},
    {.method = "GET",
     .pattern = "/v2/models/{model}/versions/{version}/stats",
     .handler = statistics,
     .documentation = {.id = "versionStatistics",
                       .summary = "A model's counts and times, by version",
                       .response = kStatistics}},
});

}  // namespace

std::span<const Endpoint> triton_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
