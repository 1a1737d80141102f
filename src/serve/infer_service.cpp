#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/json.h"
#include "serve/decode_images.h"
#include "serve/infer_request.h"
#include "serve/infer_response.h"
#include "serve/problem.h"
#include "serve/service.h"

// The Open Inference Protocol, version 2.
namespace alexnet::serve {
namespace {

using nlohmann::json;

HttpResponse json_response(const json& body) {
  return {.body = to_text(body)};
}

// The client's own deadline counts from the request's first byte.
Patience patience_of(const HttpRequest& http, const InferRequest& parsed) {
  Patience patience = http.patience;
  if (parsed.timeout) {
    patience.deadline = std::min(patience.deadline, http.received + *parsed.timeout);
  }
  return patience;
}

}  // namespace

void Service::server_metadata(const Call& call) {
  call.reply(json_response({{"name", "alexnet"},
                            {"version", ALEXNET_VERSION},
                            {"extensions", {"binary_tensor_data", "classification"}}}));
}

void Service::live(const Call& call) {
  call.reply(json_response({{"live", true}}));
}

void Service::ready(const Call& call) {
  if (draining_) throw busy("the server is shutting down");
  call.reply(json_response({{"ready", true}}));
}

void Service::model_ready(const Call& call) {
  const auto model = model_of(call);
  call.reply(json_response({{"name", model->name}, {"ready", true}}));
}

void Service::model_metadata(const Call& call) {
  const auto model = model_of(call);
  const Architecture& net = model->model.architecture;
  json outputs = json::array();
  for (const char* name : {"log_probabilities", "logits", "probabilities"}) {
    outputs.push_back({{"name", name}, {"datatype", "FP32"}, {"shape", {-1, net.classes()}}});
  }
  call.reply(json_response({{"name", model->name},
                            {"versions", {"1"}},
                            {"platform", "alexnet"},
                            {"inputs",
                             {{{"name", kInputName},
                               {"datatype", "FP32"},
                               {"shape", {-1, net.in_channels, net.height, net.width}}}}},
                            {"outputs", outputs}}));
}

void Service::infer(const Call& call) {
  static_cast<void>(model_of(call));
  work(call, &Service::infer_parsed);
}

void Service::infer_parsed(const Call& call) {
  const auto begin = Clock::now();
  const auto model = model_of(call);
  const Architecture& net = model->model.architecture;
  // Views in it go into the request's body.
  struct Held {
    std::shared_ptr<const HttpRequest> http;
    InferRequest parsed;
    std::vector<std::uint8_t> pixels;
  };
  auto held = std::make_shared<Held>();
  held->http = call.request;
  held->parsed = parse_infer(*call.request, {net.in_channels, net.height, net.width},
                             options_.batching.max_queue);
  const InferRequest& parsed = held->parsed;
  const Patience patience = patience_of(*call.request, parsed);
  held->pixels =
      decode_images(parsed.encoded, model->model.preprocess, options_.max_pixels, patience);
  const bool encoded = parsed.datatype == "BYTES";
  Job job{.model = model,
          .kind = parsed.datatype == "FP32" ? InputKind::floats : InputKind::bytes,
          .count = parsed.count,
          .images = encoded ? std::as_bytes(std::span(held->pixels)) : parsed.tensor,
          .owner = held,
          .patience = patience};
  metrics_.observe_decode(model->name, std::chrono::duration<double>(Clock::now() - begin).count());
  submit(call, std::move(job), [held, model](const JobResult& result) {
    return infer_response(held->parsed, result, *model);
  });
}

}  // namespace alexnet::serve
