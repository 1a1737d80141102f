#include "serve/predict_request.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "serve/base64.h"
#include "serve/multipart.h"
#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

int parse_top(std::string_view text) {
  constexpr int kMost = 100'000;
  int top = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), top);
  if (error != std::errc() || end != text.data() + text.size() || top < 1 || top > kMost) {
    throw Problem(400, fmt::format("top must be a whole number, 1 to {}", kMost));
  }
  return top;
}

bool parse_flag(std::string_view text, std::string_view name) {
  if (text == "true") return true;
  if (text == "false") return false;
  throw Problem(400, fmt::format("{} must be true or false", name));
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
                                   to_shown(name)));
  }
}

void add_image(PredictRequest& request, std::string name, std::string_view content,
               int max_images) {
  check_image_count(request.images.size() + 1, max_images);
  if (name.empty()) name = fmt::format("image {}", request.images.size() + 1);
  if (content.empty()) throw Problem(400, fmt::format("{} is empty", to_shown(name)));
  request.images.push_back({.name = std::move(name), .content = content});
}

void read_form(PredictRequest& request, const HttpRequest& http, int max_images) {
  const auto boundary = header_parameter(http.header("Content-Type"), "boundary");
  for (FormPart& part : parse_multipart(http.body, boundary.value_or(""))) {
    if (part.filename.empty() && part.name != "image") {
      set_parameter(request, part.name, std::string(part.content));
    } else {
      add_image(request, std::move(part.filename), part.content, max_images);
    }
  }
}

void add_base64(PredictRequest& request, const json& field, int max_images) {
  if (!field.is_string()) throw Problem(400, "an image in JSON must be a base64 string");
  std::string_view text = field.get_ref<const std::string&>();
  if (text.starts_with("data:")) {  // as browsers' FileReader gives it
    text.remove_prefix(std::min(text.find(','), text.size() - 1) + 1);
  }
  auto bytes = from_base64(text);
  if (!bytes) {
    throw Problem(400, fmt::format("image {} is not base64", request.images.size() + 1));
  }
  request.decoded.push_back(std::move(*bytes));
  add_image(request, "", request.decoded.back(), max_images);
}

void read_json(PredictRequest& request, const HttpRequest& http, int max_images) {
  const json body = parse_body(http.body);
  for (const auto& [name, value] : body.items()) {
    if (name == "image") {
      add_base64(request, value, max_images);
    } else if (name == "images") {
      if (!value.is_array()) throw Problem(400, "images must be a list of base64 strings");
      for (const json& image : value) add_base64(request, image, max_images);
    } else if (name == "model" ? !value.is_string()
                               : (name == "top" && !value.is_number_integer()) ||
                                     (name == "explain" && !value.is_boolean())) {
      throw Problem(400, fmt::format("{} is of the wrong type", name));
    } else {
      set_parameter(request, name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

}  // namespace

PredictRequest parse_predict(const HttpRequest& http, int max_images) {
  PredictRequest request;
  const std::string type = media_type(http.header("Content-Type"));
  if (type == "multipart/form-data") {
    read_form(request, http, max_images);
  } else if (type == "application/json") {
    read_json(request, http, max_images);
  } else if (type.empty() || type.starts_with("image/") || type == "application/octet-stream" ||
             type == "application/x-www-form-urlencoded") {  // curl's --data-binary says so
    add_image(request, "", http.body, max_images);
  } else {
    throw Problem(415, fmt::format("'{}' is not understood; send image/jpeg, image/png, "
                                   "multipart/form-data or application/json",
                                   to_shown(type)));
  }
  for (const auto& [name, value] : http.query) set_parameter(request, name, value);
  if (request.images.empty()) throw Problem(400, "the request has no image");
  return request;
}

}  // namespace alexnet::serve
