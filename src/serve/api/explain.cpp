#include "serve/api/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "serve/api/decode_images.h"
#include "serve/api/dispatch.h"
#include "serve/api/overlay_text.h"
#include "serve/api/predict_response.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

// A request between its parsing and its response; each thread adds its part.
struct Explaining {
  std::shared_ptr<ServedModel> model;
  std::string name;  // of the image
  std::shared_ptr<const Parameters> parameters;
  Image input;
  int top = 0;
  std::vector<Prediction> predictions;
  Heat heat;
};

HttpResponse respond(const Explaining& request, const Times& times) {
  json prediction =
      describe_prediction(request.name, request.input.transparent, request.predictions);
  prediction["explanation"] = {{"label", request.predictions.front().label},
                               {"maximum", std::ranges::max(request.heat.values)},
                               {"overlay", to_png_text(overlay(request.input, request.heat))},
                               {"scale", overlay_scale_text()}};
  return predict_response(*request.model, json::array({std::move(prediction)}), times);
}

// On the executor's thread, which runs all plans.
void compute(Explaining& request, const ServerOptions& options) {
  ServedModel& model = *request.model;
  if (!model.explainer) {
    const EngineOptions engine{options.engine, options.threads};
    model.explainer = std::make_unique<Explainer>(model.description(), engine, request.parameters);
  }
  request.predictions = model.explainer->classify(request.input, request.top);
  request.heat = model.explainer->grad_cam(request.input, request.predictions.front().index);
}

}  // namespace

// Half of it is a backward pass, which is not computed in batches.
void explain(const Call& call, ServerState& state, const PredictRequest& parsed,
             const std::shared_ptr<ServedModel>& model) {
  if (parsed.images.size() > 1) {
    throw Problem(400, fmt::format("'explain' takes one image at a time; the request has {}",
                                   parsed.images.size()));
  }
  const auto begin = Clock::now();
  const Preprocess& prepared = model->model.preprocess;
  const auto request = std::make_shared<Explaining>();
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
  submit(call, state,
         {.model = model,
          .images = 1,
          .decode_seconds = to_seconds(Clock::now() - begin),
          .compute = [request, &state] { blame_model([&] { compute(*request, state.options); }); },
          .respond = [request](const Times& times) { return respond(*request, times); }});
}

}  // namespace alexnet::serve
