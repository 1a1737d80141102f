#pragma once

#include <deque>
#include <string>
#include <vector>

#include "serve/encoded_image.h"
#include "serve/http.h"

namespace alexnet::serve {

/// POST /v1/predict, whatever form it came in.
struct PredictRequest {
  std::vector<EncodedImage> images;  ///< at least one
  std::deque<std::string> decoded;   ///< what those contents lie in that are not in the body
  std::string model;                 ///< empty: the first
  int top = 5;
  bool explain = false;
};

/// The body is an image, a multipart form whose files are images, or JSON with "image" or "images"
/// in base64; model, top and explain stand in the query, the form or the JSON. Throws Problem: 413
/// when there are more than `max_images`, else 400 or 415. The images lie in `http`, where they
/// can.
PredictRequest parse_predict(const HttpRequest& http, int max_images);

}  // namespace alexnet::serve
