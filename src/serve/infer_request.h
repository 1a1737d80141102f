#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/encoded_image.h"
#include "serve/http.h"

/// POST /v2/models/NAME/infer: the Open Inference Protocol's request, with its binary tensors.
namespace alexnet::serve {

/// The one input, whatever it holds.
inline constexpr std::string_view kInputName = "input";
/// The header that says where JSON ends and binary tensors begin.
inline constexpr std::string_view kJsonLength = "Inference-Header-Content-Length";

struct RequestedOutput {
  std::string name;  ///< log_probabilities, logits or probabilities
  bool binary = false;
  int classification = 0;  ///< above 0: so many best classes as text, in place of numbers
};

struct InferRequest {
  std::string id;
  std::string datatype;               ///< of the input: FP32, UINT8 or BYTES
  int count = 0;                      ///< images
  std::span<const std::byte> tensor;  ///< of FP32 (N, C, H, W) and UINT8 (N, H, W, C)
  std::vector<EncodedImage> encoded;  ///< of BYTES
  std::vector<RequestedOutput> outputs;
  std::optional<std::chrono::microseconds> timeout;

  std::vector<float> floats;        ///< what `tensor` lies in, where it came as JSON
  std::vector<std::uint8_t> bytes;  ///< likewise
  std::deque<std::string> decoded;  ///< what `encoded` lies in, likewise
};

/// What the network takes.
struct ImageShape {
  int channels = 0;
  int height = 0;
  int width = 0;
};

/// Throws Problem: 413 when there are more than `max_images` of BYTES, else 400 unless the request
/// fits. Tensors lie in `http`'s body, where they can.
InferRequest parse_infer(const HttpRequest& http, const ImageShape& shape, int max_images);

}  // namespace alexnet::serve
