#include "serve/api/predict_response.h"

#include <utility>

#include "serve/api/dispatch.h"

namespace alexnet::serve {

using nlohmann::json;

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
                        {"milliseconds", to_milliseconds(times)}});
}

}  // namespace alexnet::serve
