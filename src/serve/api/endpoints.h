#pragma once

#include <span>

#include "serve/api/endpoint.h"

/// The endpoints by subject.
namespace alexnet::serve {

/// /v2 and its health checks, /metrics.
std::span<const Endpoint> status_endpoints();
/// /v1/models, and each model's metadata of the Open Inference Protocol.
std::span<const Endpoint> model_endpoints();
/// A model's configuration and statistics, as Triton says them.
std::span<const Endpoint> triton_endpoints();
/// Which models are loaded, as Triton says and changes it.
std::span<const Endpoint> repository_endpoints();
/// Prediction as TensorFlow Serving and KServe's first protocol have it.
std::span<const Endpoint> instances_endpoints();
/// /v1/predict.
std::span<const Endpoint> predict_endpoints();
/// /v1/lpips.
std::span<const Endpoint> lpips_endpoints();
/// Inference of the Open Inference Protocol.
std::span<const Endpoint> infer_endpoints();

}  // namespace alexnet::serve
