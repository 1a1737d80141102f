#pragma once

#include <deque>
#include <string>

#include "serve/api/encoded_image.h"
#include "serve/http/request.h"

namespace alexnet::serve {

/// POST /v1/lpips.
struct LpipsRequest {
  std::string model;  ///< empty: the first
  bool map = false;   ///< tell where the images differ
  EncodedImage reference;
  EncodedImage image;
  std::deque<std::string> decoded;  ///< owns the contents of images that came as base64
};

/// The body is a multipart form with the files "reference" and "image", or JSON with these in
/// base64; model and map are in the query, which counts first, the form or the JSON. Throws
/// Problem: 400 or 415. Images are views into `http`'s body, except from base64.
LpipsRequest parse_lpips(const HttpRequest& http);

}  // namespace alexnet::serve
