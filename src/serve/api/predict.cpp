#include <array>
#include <memory>
#include <utility>

#include "serve/api/decode_images.h"
#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/explain.h"
#include "serve/api/predict_request.h"
#include "serve/api/predict_response.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

// A request between its parsing and its response.
struct Predicting {
  std::shared_ptr<ServedModel> model;
  std::vector<std::string> names;  // of the images
  DecodedImages images;
  int top = 0;
  double decode_seconds = 0;
};

HttpResponse respond(const Predicting& request, const JobResult& result) {
  json predictions = json::array();
  const ServedModel& model = *request.model;
  const auto classes = static_cast<std::size_t>(model.classes());
  for (std::size_t i = 0; i < request.names.size(); ++i) {
    const auto row = std::span(result.log_probabilities).subspan(i * classes, classes);
    predictions.push_back(
        describe_prediction(request.names[i], request.images.transparent[i],
                            most_probable(row, model.model.classes, request.top)));
  }
  return predict_response(model, std::move(predictions),
                          {.decode = request.decode_seconds,
                           .queue = result.queue_seconds,
                           .compute = result.compute_seconds});
}

void predict_on_worker(const Call& call, ServerState& state) {
  const auto begin = Clock::now();
  const PredictRequest parsed = parse_predict(*call.request, state.options.batching.max_queue);
  const auto model = state.store.find(parsed.model);
  if (parsed.explain) return explain(call, state, parsed, model);

  const Cancellation& cancellation = call.request->cancellation;
  auto request = std::make_shared<Predicting>();
  request->model = model;
  request->top = parsed.top;
  request->images =
      decode_images(parsed.images, model->model.preprocess, state.options.max_pixels, cancellation);
  for (const EncodedImage& encoded : parsed.images) request->names.push_back(encoded.name);
  request->decode_seconds = to_seconds(Clock::now() - begin);
  state.metrics.observe_decode(model->name, request->decode_seconds);
  Job job{.model = model,
          .kind = InputKind::bytes,
          .count = static_cast<int>(request->names.size()),
          .images = std::as_bytes(std::span(request->images.pixels)),
          .owner = request,
          .cancellation = cancellation};
  submit(call, state, std::move(job),
         [request](const JobResult& result) { return respond(*request, result); });
}

void predict(const Call& call, ServerState& state) {
  run_on_worker(call, state, predict_on_worker);
}

constexpr const char* kParameters = R"([
    {"name": "model", "in": "query", "schema": {"type": "string"},
     "description": "Of /v1/models; the first where none is given"},
    {"name": "top", "in": "query", "description": "Classes to tell, best first",
     "schema": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 5}},
    {"name": "explain", "in": "query", "schema": {"type": "boolean", "default": false},
     "description": "Tell where the network looks (Grad-CAM); of one image"}])";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "POST",
     .pattern = "/v1/predict",
     .handler = predict,
     .documentation = {.id = "predict",
                       .summary = "Name what is in images",
                       .parameters = kParameters,
                       .request_body = R"({"$ref": "#/components/requestBodies/Images"})",
                       .response = R"({"$ref": "#/components/responses/Predictions"})"}},
});

}  // namespace

std::span<const Endpoint> predict_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
