#include "serve/api/predict_response.h"

#include <cmath>
#include <utility>

#include "serve/api/dispatch.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

// Rounded to microseconds.
double to_milliseconds(double seconds) {
  return std::round(1e6 * seconds) / 1e3;
}

}  // namespace

json describe_prediction(const std::string& image, bool transparent,
                         const std::vector<Prediction>& top) {
  json classes = json::array();
  for (const Prediction& p : top) {
    classes.push_back({{"label", p.label}, {"index", p.index}, {"probability", p.probability}});
  }
  return {{"image", image}, {"transparent", transparent}, {"top", std::move(classes)}};
}

HttpResponse predict_response(const ServedModel& model, json predictions, const Times& times) {
  return json_response({{"model", model.name},
                        {"predictions", std::move(predictions)},
                        {"milliseconds",
                         {{"decode", to_milliseconds(times.decode)},
                          {"queue", to_milliseconds(times.queue)},
                          {"compute", to_milliseconds(times.compute)}}}});
}

}  // namespace alexnet::serve
