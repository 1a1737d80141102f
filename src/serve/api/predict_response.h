#pragma once

#include <alexnet/classifier.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "serve/api/times.h"
#include "serve/batching/job.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// The part of a response about one image.
nlohmann::json describe_prediction(const std::string& image, bool transparent,
                                   const std::vector<Prediction>& top);

/// The response to /v1/predict.
HttpResponse predict_response(const ServedModel& model, nlohmann::json predictions,
                              const Times& times);

}  // namespace alexnet::serve
