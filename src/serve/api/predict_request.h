#pragma once

#include <deque>
#include <string>
#include <vector>

#include "serve/api/encoded_image.h"
#include "serve/http/request.h"

namespace alexnet::serve {

/// POST /v1/predict, from any of its Content-Types.
struct PredictRequest {
  std::vector<EncodedImage> images;  ///< at least one
  std::deque<std::string> decoded;   ///< owns the contents of images that came as base64
  std::string model;                 ///< empty: the first
  int top = 5;
  bool explain = false;
};

/// The body is an image, a multipart form whose files are images, or JSON with "image" or "images"
/// in base64; model, top and explain are in the query, which counts first, the form or the JSON.
/// Throws Problem: 413 when there are more than `max_images`, else 400 or 415. Images are views
/// into `http`'s body, except from base64.
PredictRequest parse_predict(const HttpRequest& http, int max_images);

}  // namespace alexnet::serve
