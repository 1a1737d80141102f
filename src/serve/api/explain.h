#pragma once

#include <memory>

#include "serve/api/endpoint.h"
#include "serve/api/predict_request.h"

namespace alexnet::serve {

/// The rest of a prediction of one image that asks for an explanation, on a worker. Throws Problem:
/// 400 for several images, else as decode_images and submit do.
void explain(const Call& call, ServerState& state, const PredictRequest& parsed,
             const std::shared_ptr<ServedModel>& model);

}  // namespace alexnet::serve
