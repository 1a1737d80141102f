#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "formats/json.h"
#include "serve/predict_request.h"
#include "serve/problem.h"
#include "serve/service.h"
#include "serve/top.h"

// The server's own interface, version 1.
namespace alexnet::serve {
namespace {

using nlohmann::json;

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

json top_of(std::span<const float> log_probabilities, int top, const ServedModel& model) {
  json list = json::array();
  for (const std::size_t i : best(log_probabilities, top)) {
    list.push_back({{"label", model.model.classes[i]},
                    {"index", i},
                    {"probability", std::exp(double{log_probabilities[i]})}});
  }
  return list;
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
  const PredictRequest parsed = parse_predict(*call.request);
  const auto model = store_.find(parsed.model);

  const auto pixels = std::make_shared<std::vector<std::uint8_t>>();
  std::vector<std::string> names;
  for (const EncodedImage& encoded : parsed.images) {
    const Image image = decode(encoded.content, encoded.name, *model);
    pixels->insert(pixels->end(), image.pixels.begin(), image.pixels.end());
    names.push_back(encoded.name);
  }
  const double decode_ms = milliseconds(Clock::now() - begin);
  metrics_.observe_decode(model->name, decode_ms / 1000.0);
  Job job{.model = model,
          .kind = InputKind::bytes,
          .count = static_cast<int>(names.size()),
          .images = std::as_bytes(std::span(*pixels)),
          .owner = pixels,
          .deadline = call.request->deadline};
  submit(call, std::move(job),
         [model, names = std::move(names), top = parsed.top, decode_ms](const JobResult& result) {
           check_finite(result.log_probabilities);
           json predictions = json::array();
           const auto classes = static_cast<std::size_t>(model->classes());
           for (std::size_t i = 0; i < names.size(); ++i) {
             const auto row = std::span(result.log_probabilities).subspan(i * classes, classes);
             predictions.push_back({{"image", names[i]}, {"top", top_of(row, top, *model)}});
           }
           return HttpResponse{.body = to_text({{"model", model->name},
                                                {"predictions", std::move(predictions)},
                                                {"milliseconds",
                                                 {{"decode", decode_ms},
                                                  {"queue", 1000.0 * result.queue_seconds},
                                                  {"compute", 1000.0 * result.compute_seconds}}}})};
         });
}

}  // namespace alexnet::serve
