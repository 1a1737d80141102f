// How different two images look, by the convolutions of a model that is served.
#include <alexnet/lpips.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "infer/overlay.h"
#include "serve/api/decode_images.h"
#include "serve/api/dispatch.h"
#include "serve/api/endpoints.h"
#include "serve/api/lpips_request.h"
#include "serve/api/overlay_text.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

constexpr int kChannels = 3;

// A request between its parsing and its response; each thread adds its part.
struct Comparing {
  std::shared_ptr<ServedModel> model;
  std::shared_ptr<const Parameters> parameters;
  Image reference;
  Image image;
  bool wants_map = false;
  LpipsDistance distance;
  Tensor map;
};

json describe_map(const Comparing& request) {
  const Tensor& map = request.map;
  return {{"maximum", std::ranges::max(map.values())},
          {"overlay", to_png_text(overlay_on_grey(request.reference, {map.shape(), map.values()}))},
          {"scale", overlay_scale_text()}};
}

HttpResponse respond(const Comparing& request, const Times& times) {
  json body{{"model", request.model->name},
            {"version", to_string(LpipsOptions().version)},
            {"distance", request.distance.distance},
            {"layers", request.distance.layers},
            {"transparent",
             {{"reference", request.reference.transparent}, {"image", request.image.transparent}}},
            {"milliseconds", to_milliseconds(times)}};
  if (request.wants_map) body["map"] = describe_map(request);
  return json_response(body);
}

Model trunk_of(const Parameters& parameters) {
  Model trunk{.architecture = make_alexnet_trunk()};
  for (const ParameterSpec& spec : trunk.architecture.parameters()) {
    trunk.parameters.add(spec.name, parameters.at(spec.name).clone());
  }
  return trunk;
}

// On the executor's thread, which runs all plans.
void compute(Comparing& request, const ServerOptions& options) {
  ServedModel& model = *request.model;
  if (!model.lpips) {
    LpipsOptions metric;
    metric.engine = options.engine;
    metric.threads = options.threads;
    model.lpips = std::make_unique<Lpips>(trunk_of(*request.parameters), std::move(metric));
  }
  if (request.wants_map) {
    request.map = model.lpips->map(request.reference, request.image, &request.distance);
  } else {
    request.distance = model.lpips->distance(request.reference, request.image);
  }
}

void check_is_trunk(const ServedModel& model) {
  if (begins_as_trunk(model.model.architecture)) return;
  throw Problem(400, fmt::format("'{}' cannot compare images: LPIPS is made of the convolutions of "
                                 "torchvision's AlexNet for RGB images; /v1/models says which "
                                 "models have them",
                                 model.name));
}

void compare_on_worker(const Call& call, ServerState& state) {
  const auto begin = Clock::now();
  const LpipsRequest parsed = parse_lpips(*call.request);
  const auto request = std::make_shared<Comparing>();
  request->model = state.store.find(parsed.model);
  check_is_trunk(*request->model);
  request->parameters = request->model->full_parameters();
  request->wants_map = parsed.map;
  const auto read = [&](const EncodedImage& file) {
    throw_if_cancelled(call.request->cancellation);
    return decode_image_file(file, kChannels, state.options.max_pixels);
  };
  request->reference = read(parsed.reference);
  request->image = read(parsed.image);
  submit(call, state,
         {.model = request->model,
          .images = 2,
          .decode_seconds = to_seconds(Clock::now() - begin),
          .compute = [request, &state] { compute(*request, state.options); },
          .respond = [request](const Times& times) { return respond(*request, times); }});
}

void compare(const Call& call, ServerState& state) {
  run_on_worker(call, state, compare_on_worker);
}

constexpr const char* kParameters = R"([
    {"name": "model", "in": "query", "schema": {"type": "string"},
     "description": "Of /v1/models, torchvision's AlexNet for RGB images; the first where none is given"},
    {"name": "map", "in": "query", "schema": {"type": "boolean", "default": false},
     "description": "Tell where the images differ"}])";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "POST",
     .pattern = "/v1/lpips",
     .handler = compare,
     .documentation = {.id = "lpips",
                       .summary = "Say how different two images look (LPIPS)",
                       .parameters = kParameters,
                       .request_body = R"({"$ref": "#/components/requestBodies/ImagePair"})",
                       .response = R"({"$ref": "#/components/responses/Distance"})"}},
});

}  // namespace

std::span<const Endpoint> lpips_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
