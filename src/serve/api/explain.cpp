#include "serve/api/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base64.h"
#include "data/image/png_writer.h"
#include "serve/api/decode_images.h"
#include "serve/api/dispatch.h"
#include "serve/api/predict_response.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

// A request between its parsing and its response; each thread adds its part.
struct Explaining {
  Call call;
  std::shared_ptr<ServedModel> model;
  std::string name;  // of the image
  std::shared_ptr<const Parameters> parameters;
  Image input;
  int top = 0;
  Clock::time_point submitted;
  Times times;
  std::vector<Prediction> predictions;
  Heat heat;
};

std::string to_png_text(const Image& image) {
  return to_base64(encode_png(image));
}

HttpResponse respond(const Explaining& request) {
  static const std::string scale = to_png_text(overlay_scale(1, 128));
  json prediction =
      describe_prediction(request.name, request.input.transparent, request.predictions);
  prediction["explanation"] = {{"label", request.predictions.front().label},
                               {"maximum", std::ranges::max(request.heat.values)},
                               {"overlay", to_png_text(overlay(request.input, request.heat))},
                               {"scale", scale}};
  return predict_response(*request.model, json::array({std::move(prediction)}), request.times);
}

// On the executor's thread, which runs all plans.
void compute(Explaining& request, ServerState& state) {
  ServedModel& model = *request.model;
  request.times.queue = to_seconds(Clock::now() - request.submitted);
  state.metrics.observe_queue(model.name, request.times.queue);
  const auto begin = Clock::now();
  if (!model.explainer) {
    const EngineOptions engine{state.options.engine, state.options.threads};
    model.explainer = std::make_unique<Explainer>(model.description(), engine, request.parameters);
  }
  request.predictions = model.explainer->classify(request.input, request.top);
  request.heat = model.explainer->grad_cam(request.input, request.predictions.front().index);
  request.times.compute = to_seconds(Clock::now() - begin);
  state.metrics.observe_batch(model.name, 1, request.times.compute);
}

}  // namespace

// A task and not a job: half of it is a backward pass, which is not computed in batches.
void explain(const Call& call, ServerState& state, const PredictRequest& parsed,
             const std::shared_ptr<ServedModel>& model) {
  if (parsed.images.size() > 1) {
    throw Problem(400, fmt::format("'explain' takes one image at a time; the request has {}",
                                   parsed.images.size()));
  }
  const auto begin = Clock::now();
  const Preprocess& prepared = model->model.preprocess;
  const auto request = std::make_shared<Explaining>();
  request->call = call;
  request->model = model;
  request->name = parsed.images.front().name;
  request->top = parsed.top;
  request->parameters = model->full_parameters();
  DecodedImages images =
      decode_images(parsed.images, prepared, state.options.max_pixels, call.request->cancellation);
  request->input = {.height = prepared.crop.height,
                    .width = prepared.crop.width,
                    .channels = prepared.channels,
                    .pixels = std::move(images.pixels),
                    .transparent = images.transparent.front()};
  request->times.decode = to_seconds(Clock::now() - begin);
  state.metrics.observe_decode(model->name, request->times.decode);
  request->submitted = Clock::now();
  const auto reply_with = [request, &state](const std::function<HttpResponse()>& response) {
    reply_with_result(request->call.reply, state, request->model->name, response);
  };
  const auto run = [request, &state, reply_with] {
    try {
      compute(*request, state);
    } catch (...) {
      return reply_with([]() -> HttpResponse { throw; });
    }
    state.workers.post_completion(
        [request, reply_with] { reply_with([&] { return respond(*request); }); });
  };
  const auto cancelled = [request, &state, reply_with] {
    state.metrics.observe_queue(request->model->name,
                                to_seconds(Clock::now() - request->submitted));
    reply_with([]() -> HttpResponse {
      throw Problem(504, "the deadline passed before the image could be explained");
    });
  };
  submit(state, Task{.model = model,
                     .cancellation = call.request->cancellation,
                     .run = run,
                     .cancelled = cancelled});
}

}  // namespace alexnet::serve
