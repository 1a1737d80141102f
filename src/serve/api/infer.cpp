#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/infer_request.h"
#include "serve/api/infer_response.h"
#include "serve/api/tensor_job.h"

namespace alexnet::serve {
namespace {

// A request's parameter `timeout` counts from its first byte.
Cancellation cancellation_of(const HttpRequest& http, const InferRequest& parsed) {
  Cancellation cancellation = http.cancellation;
  if (parsed.timeout) {
    cancellation.deadline = std::min(cancellation.deadline, http.received + *parsed.timeout);
  }
  return cancellation;
}

// Parsed tensors and files are views into the request's body.
struct Inference {
  std::shared_ptr<const HttpRequest> http;
  InferRequest parsed;
  std::vector<std::uint8_t> pixels;  // of images that had to be decoded
};

void infer_on_worker(const Call& call, ServerState& state) {
  const auto begin = Clock::now();
  const auto model = model_of_path(call, state);
  const Architecture& net = model->model.architecture;
  auto inference = std::make_shared<Inference>();
  inference->http = call.request;
  inference->parsed = parse_infer(*call.request, {net.in_channels, net.height, net.width},
                                  state.options.batching.max_queue);
  const InferRequest& parsed = inference->parsed;
  Job job = make_tensor_job(model, parsed.input, inference->pixels, inference,
                            state.options.max_pixels, cancellation_of(*call.request, parsed));
  state.metrics.observe_decode(model->name, to_seconds(Clock::now() - begin));
  submit(call, state, std::move(job), [inference, model](const JobResult& result) {
    return infer_response(inference->parsed, result, *model);
  });
}

void infer(const Call& call, ServerState& state) {
  static_cast<void>(model_of_path(call, state));  // throws before the body is parsed
  run_on_worker(call, state, infer_on_worker);
}

constexpr const char* kRequest = R"({"$ref": "#/components/requestBodies/Inference"})";
constexpr const char* kResponse = R"({"$ref": "#/components/responses/Inference"})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "POST",
     .pattern = "/v2/models/{model}/infer",
     .handler = infer,
     .documentation = {.id = "infer",
                       .summary = "The network's outputs for a batch of images",
                       .request_body = kRequest,
                       .response = kResponse}},
    {.method = "POST",
     .pattern = "/v2/models/{model}/versions/{version}/infer",
     .handler = infer,
     .documentation = {.id = "inferVersion",
                       .summary = "The network's outputs for a batch of images, by version",
                       .request_body = kRequest,
                       .response = kResponse}},
});

}  // namespace

std::span<const Endpoint> infer_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
