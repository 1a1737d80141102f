#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api/encoded_image.h"
#include "serve/api/input_tensor.h"
#include "serve/http/request.h"

/// POST /v2/models/NAME/infer: the Open Inference Protocol's request, with its binary tensors.
namespace alexnet::serve {

/// The one input.
inline constexpr std::string_view kInputName = "input";
inline constexpr std::array<std::string_view, 3> kOutputNames{"log_probabilities", "logits",
                                                              "probabilities"};
/// The header with the number of bytes of JSON, before the binary tensors.
inline constexpr std::string_view kJsonLength = "Inference-Header-Content-Length";

struct RequestedOutput {
  std::string name;  ///< one of kOutputNames
  bool binary = false;
  int classification = 0;  ///< above 0: the best classes as text, in place of numbers
};

struct InferRequest {
  std::string id;
  InputTensor input;
  std::vector<RequestedOutput> outputs;
  std::optional<std::chrono::microseconds> timeout;
};

/// Throws Problem: 413 when there are more than `max_images` of BYTES, 400 when anything else is
/// wrong. Binary tensors are views into `http`'s body. Where the JSON is said to have no bytes, the
/// body is the input: FP32 values, or an image file.
InferRequest parse_infer(const HttpRequest& http, const ImageShape& shape, int max_images);

}  // namespace alexnet::serve
