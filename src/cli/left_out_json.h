#pragma once

#include <alexnet/dataset.h>

#include <nlohmann/json_fwd.hpp>

namespace alexnet::cli {

/// What a set passed over, an object a reason.
nlohmann::json left_out_json(const Dataset& dataset);

}  // namespace alexnet::cli
