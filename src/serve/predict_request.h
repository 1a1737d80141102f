#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http.h"

namespace alexnet::serve {

struct EncodedImage {
  std::string name;          ///< a file's, or "image 1", … in order
  std::string_view content;  ///< a JPEG or PNG file
};

/// POST /v1/predict, whatever form it came in.
struct PredictRequest {
  std::vector<EncodedImage> images;  ///< at least one
  std::deque<std::string> decoded;   ///< what those contents lie in that are not in the body
  std::string model;                 ///< empty: the first
  int top = 5;
  bool explain = false;
};

/// The body is an image, a multipart form whose files are images, or JSON with "image" or "images"
/// in base64; model, top and explain stand in the query, the form or the JSON. Throws Problem (400,
/// 415). The images lie in `request`, where they can.
PredictRequest parse_predict(const HttpRequest& http);

}  // namespace alexnet::serve
