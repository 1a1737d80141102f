#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/input_tensor.h"
#include "serve/api/json_tensor.h"
#include "serve/api/tensor_job.h"
#include "serve/http/request_json.h"

/// POST /v1/models/NAME:predict, as TensorFlow Serving and KServe's first protocol have it.
namespace alexnet::serve {
namespace {

using nlohmann::json;

// How the answer calls its rows, which follows from how the request calls its own.
constexpr const char* kInstances = "instances";
constexpr const char* kInputs = "inputs";
constexpr const char* kInput = "input";

struct Prediction {
  InputTensor input;
  std::vector<std::uint8_t> pixels;  // of images that had to be decoded
  const char* rows = nullptr;        // the answer's name for them
};

// What the lists hold follows from their shape: pixels, or what the network takes.
DeclaredInput declare(const JsonTensor& tensor, const ImageShape& image) {
  const auto& shape = tensor.shape;
  if (shape.empty() || shape[0] == 0) throw Problem(400, "the request has no image");
  if (!tensor.files.empty()) return {"BYTES", {shape[0]}};
  const std::vector<std::int64_t> pixels{shape[0], image.height, image.width, image.channels};
  const std::vector<std::int64_t> planes{shape[0], image.channels, image.height, image.width};
  if (shape == planes) return {"FP32", planes};
  if (shape == pixels) return {"UINT8", pixels};
  throw Problem(400,
                fmt::format("the lists are nested as [{}]; give each image as {} x {} x {} "
                            "pixels, 0 to 255, as {} x {} x {} normalised values, or as a file "
                            "in base64",
                            fmt::join(shape, ", "), image.height, image.width, image.channels,
                            image.channels, image.height, image.width));
}

// The columns of TensorFlow Serving are by the names of inputs, of which there is one.
void check_columns(const json& inputs) {
  if (!inputs.is_object() || (inputs.size() == 1 && inputs.contains(kInput))) return;
  throw Problem(400, fmt::format("'{}' as an object has one member, '{}', a list of images",
                                 kInputs, kInput));
}

std::shared_ptr<Prediction> parse(const HttpRequest& http, const ImageShape& image,
                                  int max_images) {
  TensorDocument document = read_tensor_document(
      http.body, {{kInstances}, {kInputs}, {kInputs, kInput}},
      {.numbers = static_cast<std::size_t>(max_images) * image.values(), .files = max_images});
  const bool has_instances = find_member(document.body, kInstances) != nullptr;
  const json* inputs = find_member(document.body, kInputs);
  if (has_instances == (inputs != nullptr)) {
    throw Problem(400, "the request must have either 'instances' or 'inputs', a list of images");
  }
  if (inputs != nullptr) check_columns(*inputs);
  if (!document.tensor) throw Problem(400, "'instances' or 'inputs' must be a list of images");
  auto prediction = std::make_shared<Prediction>();
  const DeclaredInput declared = declare(*document.tensor, image);
  prediction->input = read_json_input(declared, *std::move(document.tensor), image);
  prediction->rows = has_instances ? "predictions" : "outputs";
  return prediction;
}

HttpResponse respond(const Prediction& prediction, const JobResult& result, int classes) {
  json rows = json::array();
  const std::span<const float> values = result.log_probabilities;
  for (std::size_t first = 0; first < values.size(); first += static_cast<std::size_t>(classes)) {
    json& row = rows.emplace_back(json::array());
    for (const float log : values.subspan(first, static_cast<std::size_t>(classes))) {
      row.push_back(std::exp(log));
    }
  }
  return json_response({{prediction.rows, std::move(rows)}});
}

void predict_on_worker(const Call& call, ServerState& state) {
  const auto begin = Clock::now();
  const auto model = model_of_path(call, state);
  const Architecture& net = model->model.architecture;
  const auto prediction = parse(*call.request, {net.in_channels, net.height, net.width},
                                state.options.batching.max_queue);
  Job job = make_tensor_job(model, prediction->input, prediction->pixels, prediction,
                            state.options.max_pixels, call.request->cancellation);
  state.metrics.observe_decode(model->name, to_seconds(Clock::now() - begin));
  submit(call, state, std::move(job), [prediction, model](const JobResult& result) {
    return respond(*prediction, result, model->classes());
  });
}

void predict(const Call& call, ServerState& state) {
  static_cast<void>(model_of_path(call, state));  // throws before the body is parsed
  run_on_worker(call, state, predict_on_worker);
}

constexpr const char* kRequest = R"({"$ref": "#/components/requestBodies/Instances"})";
constexpr const char* kResponse = R"({"$ref": "#/components/responses/Instances"})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "POST",
     .pattern = "/v1/models/{model}:predict",
     .handler = predict,
     .documentation = {.id = "predictInstances",
                       .summary = "Probabilities, as TensorFlow Serving and KServe's v1 have them",
                       .request_body = kRequest,
                       .response = kResponse}},
    {.method = "POST",
     .pattern = "/v1/models/{model}/versions/{version}:predict",
     .handler = predict,
     .documentation = {.id = "predictInstancesVersion",
                       .summary = "Probabilities, as TensorFlow Serving has them, by version",
                       .request_body = kRequest,
                       .response = kResponse}},
});

}  // namespace

std::span<const Endpoint> instances_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
