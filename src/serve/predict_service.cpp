#include <alexnet/classifier.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "formats/json.h"
#include "report/base64.h"
#include "report/png.h"
#include "serve/decode_images.h"
#include "serve/predict_request.h"
#include "serve/problem.h"
#include "serve/service.h"

// The server's own interface, version 1.
namespace alexnet::serve {
namespace {

using nlohmann::json;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Where the time went, in milliseconds to three places.
struct Times {
  double decode = 0;  // seconds
  double queue = 0;
  double compute = 0;
};

json to_json(const Times& times) {
  const auto milliseconds = [](double seconds) { return std::round(1e6 * seconds) / 1e3; };
  return {{"decode", milliseconds(times.decode)},
          {"queue", milliseconds(times.queue)},
          {"compute", milliseconds(times.compute)}};
}

HttpResponse answer(const ServedModel& model, json predictions, const Times& times) {
  return {.body = to_text({{"model", model.name},
                           {"predictions", std::move(predictions)},
                           {"milliseconds", to_json(times)}})};
}

json to_json(const std::vector<Prediction>& predictions) {
  json top = json::array();
  for (const Prediction& p : predictions) {
    top.push_back({{"label", p.label}, {"index", p.index}, {"probability", p.probability}});
  }
  return top;
}

// What the executor's thread finds out about one image.
struct Explained {
  std::vector<Prediction> top;
  Heat heat;
};

Explained explain_image(ServedModel& model, const Image& input, int top, int threads) {
  if (!model.explainer) {
    model.explainer = std::make_unique<Explainer>(model.description(), threads, model.parameters);
  }
  Explained explained{.top = model.explainer->classify(input, top), .heat = {}};
  explained.heat = model.explainer->grad_cam(input, explained.top.front().index);
  return explained;
}

json to_json(const Explained& explained, const std::string& name, const Image& input) {
  const std::string png = encode_png(overlay(input, explained.heat));
  return {{"image", name},
          {"top", to_json(explained.top)},
          {"explanation", {{"label", explained.top.front().label}, {"overlay", to_base64(png)}}}};
}

}  // namespace

void Service::list_models(const Call& call) {
  json models = json::array();
  for (const auto& model : store_.all()) {
    const Architecture& net = model->model.architecture;
    models.push_back({{"name", model->name},
                      {"network", net.name},
                      {"input", {net.in_channels, net.height, net.width}},
                      {"classes", model->model.classes}});
  }
  call.reply({.body = to_text({{"models", std::move(models)}})});
}

void Service::predict(const Call& call) {
  work(call, &Service::predict_parsed);
}

void Service::predict_parsed(const Call& call) {
  const auto begin = Clock::now();
  const PredictRequest parsed = parse_predict(*call.request, options_.batching.max_queue);
  const auto model = store_.find(parsed.model);
  if (parsed.explain) return explain(call, parsed, model);

  const auto pixels = std::make_shared<const std::vector<std::uint8_t>>(decode_images(
      parsed.images, model->model.preprocess, options_.max_pixels, call.request->patience));
  std::vector<std::string> names;
  for (const EncodedImage& encoded : parsed.images) names.push_back(encoded.name);
  const double decode_seconds = seconds_since(begin);
  metrics_.observe_decode(model->name, decode_seconds);
  Job job{.model = model,
          .kind = InputKind::bytes,
          .count = static_cast<int>(names.size()),
          .images = std::as_bytes(std::span(*pixels)),
          .owner = pixels,
          .patience = call.request->patience};
  submit(
      call, std::move(job),
      [=, names = std::move(names), top = parsed.top](const JobResult& result) {
        json predictions = json::array();
        const auto classes = static_cast<std::size_t>(model->classes());
        for (std::size_t i = 0; i < names.size(); ++i) {
          const auto row = std::span(result.log_probabilities).subspan(i * classes, classes);
          predictions.push_back({{"image", names[i]},
                                 {"top", to_json(most_probable(row, model->model.classes, top))}});
        }
        return answer(*model, std::move(predictions),
                      {decode_seconds, result.queue_seconds, result.compute_seconds});
      });
}

// Alone and not in a batch: half of it is a backward pass.
void Service::explain(const Call& call, const PredictRequest& parsed,
                      const std::shared_ptr<ServedModel>& model) {
  if (parsed.images.size() > 1) throw Problem(400, "explain takes one image at a time");
  const auto begin = Clock::now();
  const Preprocess& prepared = model->model.preprocess;
  const auto input = std::make_shared<const Image>(Image{
      .height = prepared.crop,
      .width = prepared.crop,
      .channels = prepared.channels,
      .pixels =
          decode_images(parsed.images, prepared, options_.max_pixels, call.request->patience)});
  const double decode_seconds = seconds_since(begin);
  metrics_.observe_decode(model->name, decode_seconds);
  const auto waits = Clock::now();
  const auto task = [this, call, model, input, decode_seconds, waits, top = parsed.top,
                     name = parsed.images.front().name] {
    guard(call.reply, [&] {
      Times times{.decode = decode_seconds, .queue = seconds_since(waits)};
      metrics_.observe_queue(model->name, times.queue);
      const auto started = Clock::now();
      const auto explained =
          std::make_shared<const Explained>(explain_image(*model, *input, top, options_.threads));
      times.compute = seconds_since(started);
      metrics_.observe_batch(model->name, 1, times.compute);
      workers_.post_last_step([=, reply = call.reply] {
        guard(reply, [&] {
          reply(answer(*model, json::array({to_json(*explained, name, *input)}), times));
        });
      });
    });
  };
  const auto late = [this, model, waits, reply = call.reply] {
    metrics_.observe_queue(model->name, seconds_since(waits));
    reply(to_response(Problem(504, "the deadline passed before the image could be explained")));
  };
  if (!executor_.submit(model, call.request->patience, task, late)) {
    throw busy(fmt::format("as many images wait for '{}' as may; try again", model->name));
  }
}

}  // namespace alexnet::serve
