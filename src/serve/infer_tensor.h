#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "serve/infer_request.h"

namespace alexnet::serve {

/// Fills in the input's datatype, count and values, from its "data" or, where there are any, from
/// the bytes behind the JSON. Throws Problem: 413 when there are more than `max_images` of BYTES,
/// else 400 unless they fit `image` and are finite.
void read_tensor(InferRequest& request, const nlohmann::json& input, std::string_view binary,
                 const ImageShape& image, int max_images);

}  // namespace alexnet::serve
