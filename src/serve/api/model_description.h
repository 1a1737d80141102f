#pragma once

#include <nlohmann/json_fwd.hpp>

#include "serve/batching/served_model.h"

namespace alexnet::serve {

/// The input of one image: [channels, height, width].
nlohmann::json input_extents(const ServedModel& model);

/// The tensors that /v2 takes for the input: name, datatype and shape of each kind, the one of the
/// metadata first.
nlohmann::json accepted_inputs(const ServedModel& model);

/// What a client needs to prepare its images and to read the outputs: network, classes,
/// preprocessing, normalization, the tensors and image formats that are accepted.
nlohmann::json describe_model(const ServedModel& model);

}  // namespace alexnet::serve
