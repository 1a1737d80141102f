#include "serve/api/predict_request.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "serve/http/multipart.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

constexpr std::string_view kCurlsDefault = "application/x-www-form-urlencoded";  // of --data-binary

int parse_top(std::string_view text) {
  constexpr int kMost = 100'000;
  int top = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), top);
  if (error != std::errc() || end != text.data() + text.size() || top < 1 || top > kMost) {
    throw Problem(400, fmt::format("'top' must be a whole number, 1 to {}, not '{}'", kMost,
                                   to_printable(text)));
  }
  return top;
}

using Parameters = std::map<std::string, std::string>;

void add_parameter(Parameters& parameters, const std::string& name, std::string value) {
  if (!parameters.emplace(name, std::move(value)).second) {
    throw Problem(400, fmt::format("the parameter '{}' is given twice", to_printable(name)));
  }
}

void set_parameter(PredictRequest& request, std::string_view name, const std::string& value) {
  if (name == "model") {
    request.model = value;
  } else if (name == "top") {
    request.top = parse_top(value);
  } else if (name == "explain") {
    request.explain = parse_flag(value, name);
  } else {
    throw Problem(400, fmt::format("there is no parameter '{}'; there are model, top and explain",
                                   to_printable(name)));
  }
}

void add_image(PredictRequest& request, std::string name, std::string_view content,
               int max_images) {
  check_image_count(request.images.size() + 1, max_images);
  if (name.empty()) name = image_name(request.images.size() + 1);
  if (content.empty()) throw Problem(400, fmt::format("{} is empty", to_printable(name)));
  request.images.push_back({.name = std::move(name), .content = content});
}

void read_form(PredictRequest& request, Parameters& parameters, const HttpRequest& http,
               int max_images) {
  const auto boundary = header_parameter(http.header("Content-Type"), "boundary");
  for (FormPart& part : parse_multipart(http.body, boundary.value_or(""))) {
    if (part.filename.empty() && part.name != "image") {
      add_parameter(parameters, part.name, std::string(part.content));
    } else {
      add_image(request, std::move(part.filename), part.content, max_images);
    }
  }
}

void add_base64(PredictRequest& request, const json& field, int max_images) {
  if (!field.is_string()) throw Problem(400, "an image in JSON must be a base64 string");
  check_image_count(request.images.size() + 1, max_images);
  request.decoded.push_back(
      decode_base64(field.get_ref<const std::string&>(), image_name(request.images.size() + 1)));
  add_image(request, "", request.decoded.back(), max_images);
}

void add_list(PredictRequest& request, const json& images, int max_images) {
  if (!images.is_array()) throw Problem(400, "'images' must be a list of base64 strings");
  for (const json& image : images) add_base64(request, image, max_images);
}

std::string parameter_text(const std::string& name, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured() || name == "model") {
    throw Problem(400, fmt::format("'{}' must be {}", to_printable(name),
                                   name == "model" ? "a string" : "a single value"));
  }
  return value.dump();
}

void read_json(PredictRequest& request, Parameters& parameters, const HttpRequest& http,
               int max_images) {
  const json body = parse_json_body(http.body);
  for (const auto& [name, value] : body.items()) {
    if (value.is_null()) continue;
    if (name == "image") {
      add_base64(request, value, max_images);
    } else if (name == "images") {
      add_list(request, value, max_images);
    } else {
      add_parameter(parameters, name, parameter_text(name, value));
    }
  }
}

}  // namespace

PredictRequest parse_predict(const HttpRequest& http, int max_images) {
  PredictRequest request;
  Parameters parameters;
  const std::string type = media_type(http.header("Content-Type"));
  if (type == "multipart/form-data") {
    read_form(request, parameters, http, max_images);
  } else if (type == "application/json") {
    read_json(request, parameters, http, max_images);
  } else if (type.empty() || type.starts_with("image/") || type == "application/octet-stream" ||
             type == kCurlsDefault) {
    if (type == kCurlsDefault && http.body.starts_with('{')) {
      throw Problem(415, "the body looks like JSON; send it with Content-Type: application/json");
    }
    add_image(request, "", http.body, max_images);
  } else {
    throw Problem(415, fmt::format("'{}' is not understood; send image/jpeg (or image/png, …), "
                                   "multipart/form-data or application/json",
                                   to_printable(type)));
  }
  for (const auto& [name, value] : http.query) parameters[name] = value;
  for (const auto& [name, value] : parameters) set_parameter(request, name, value);
  if (request.images.empty()) throw Problem(400, "the request has no image");
  return request;
}

}  // namespace alexnet::serve
