#include "serve/api/lpips_request.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "serve/http/multipart.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

EncodedImage& image_of(LpipsRequest& request, const std::string& name) {
  return name == "reference" ? request.reference : request.image;
}

bool is_image(const std::string& name) {
  return name == "reference" || name == "image";
}

void add_image(LpipsRequest& request, const std::string& name, std::string_view content) {
  EncodedImage& image = image_of(request, name);
  if (!image.name.empty()) throw Problem(400, fmt::format("the {} is given twice", name));
  if (content.empty()) throw Problem(400, fmt::format("the {} is empty", name));
  image = {.name = fmt::format("the {}", name), .content = content};
}

void set_parameter(LpipsRequest& request, const std::string& name, const std::string& value) {
  if (name == "model") {
    request.model = value;
  } else if (name == "map") {
    request.map = parse_flag(value, name);
  } else {
    throw Problem(400, fmt::format("there is no parameter '{}'; there are reference, image, model "
                                   "and map",
                                   to_printable(name)));
  }
}

void read_form(LpipsRequest& request, const HttpRequest& http) {
  const auto boundary = header_parameter(http.header("Content-Type"), "boundary");
  for (const FormPart& part : parse_multipart(http.body, boundary.value_or(""))) {
    if (is_image(part.name)) {
      add_image(request, part.name, part.content);
    } else {
      set_parameter(request, part.name, std::string(part.content));
    }
  }
}

void add_base64(LpipsRequest& request, const std::string& name, const json& value) {
  if (!value.is_string()) throw Problem(400, "an image in JSON must be a base64 string");
  const std::string in_words = fmt::format("the {}", name);
  request.decoded.push_back(decode_base64(value.get_ref<const std::string&>(), in_words));
  add_image(request, name, request.decoded.back());
}

void read_json(LpipsRequest& request, const HttpRequest& http) {
  const json body = parse_json_body(http.body);
  for (const auto& [name, value] : body.items()) {
    if (value.is_null()) continue;
    if (is_image(name)) {
      add_base64(request, name, value);
    } else if (value.is_string()) {
      set_parameter(request, name, value.get<std::string>());
    } else if (value.is_structured() || name == "model") {
      throw Problem(400, fmt::format("'{}' must be {}", to_printable(name),
                                     name == "model" ? "a string" : "a single value"));
    } else {
      set_parameter(request, name, value.dump());
    }
  }
}

}  // namespace

LpipsRequest parse_lpips(const HttpRequest& http) {
  LpipsRequest request;
  const std::string type = media_type(http.header("Content-Type"));
  if (type == "multipart/form-data") {
    read_form(request, http);
  } else if (type == "application/json") {
    read_json(request, http);
  } else {
    throw Problem(415, fmt::format("'{}' is not understood; send the reference and the image as "
                                   "multipart/form-data or application/json",
                                   to_printable(type)));
  }
  for (const auto& [name, value] : http.query) set_parameter(request, name, value);
  for (const std::string name : {"reference", "image"}) {
    if (image_of(request, name).name.empty()) {
      throw Problem(400, fmt::format("the request has no {}; LPIPS compares two images", name));
    }
  }
  return request;
}

}  // namespace alexnet::serve
