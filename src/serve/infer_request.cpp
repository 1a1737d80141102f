#include "serve/infer_request.h"

#include <fmt/format.h>

#include <charconv>

#include "serve/infer_tensor.h"
#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

// The body's JSON, and the bytes behind it.
struct Body {
  std::string_view json_text;
  std::string_view binary;
};

Body split_body(const HttpRequest& http) {
  const std::string_view body = http.body;
  const std::string_view header = http.header(kJsonLength);
  if (header.empty()) return {.json_text = body, .binary = {}};
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  if (error != std::errc() || end != header.data() + header.size() || length > body.size()) {
    throw Problem(400, fmt::format("{} must be the number of bytes of JSON, at most the body's {}",
                                   kJsonLength, body.size()));
  }
  return {.json_text = body.substr(0, length), .binary = body.substr(length)};
}

const json& object_field(const json& object, const char* name) {
  static const json none = json::object();
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return none;
  if (!found->is_object()) throw Problem(400, fmt::format("'{}' must be an object", name));
  return *found;
}

bool flag(const json& parameters, const char* name, bool otherwise) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return otherwise;
  if (!found->is_boolean()) throw Problem(400, fmt::format("'{}' must be true or false", name));
  return found->get<bool>();
}

int whole_number(const json& parameters, const char* name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return 0;
  constexpr int kMost = 1'000'000'000;
  if (!found->is_number_integer() || *found < 0 || *found > kMost) {
    throw Problem(400, fmt::format("'{}' must be a whole number, 0 to {}", name, kMost));
  }
  return found->get<int>();
}

RequestedOutput parse_output(const json& output, bool binary_by_default) {
  if (!output.is_object() || !output.contains("name") || !output["name"].is_string()) {
    throw Problem(400, "each output must be an object with a name");
  }
  const json& parameters = object_field(output, "parameters");
  RequestedOutput requested{.name = output["name"],
                            .binary = flag(parameters, "binary_data", binary_by_default),
                            .classification = whole_number(parameters, "classification")};
  if (requested.name != "log_probabilities" && requested.name != "logits" &&
      requested.name != "probabilities") {
    throw Problem(400, fmt::format("there is no output '{}'; there are log_probabilities, logits "
                                   "and probabilities",
                                   to_shown(requested.name)));
  }
  return requested;
}

// All of them when none is named.
std::vector<RequestedOutput> parse_outputs(const json& body) {
  const bool binary = flag(object_field(body, "parameters"), "binary_data_output", false);
  std::vector<RequestedOutput> outputs;
  if (const auto found = body.find("outputs"); found != body.end()) {
    if (!found->is_array()) throw Problem(400, "'outputs' must be a list");
    for (const json& output : *found) outputs.push_back(parse_output(output, binary));
  }
  if (outputs.size() > 16) throw Problem(400, "more than 16 outputs are asked for");
  if (outputs.empty()) {
    for (const char* name : {"log_probabilities", "logits", "probabilities"}) {
      outputs.push_back({.name = name, .binary = binary});
    }
  }
  return outputs;
}

const json& only_input(const json& body) {
  const auto inputs = body.find("inputs");
  if (inputs == body.end() || !inputs->is_array() || inputs->size() != 1 ||
      !inputs->front().is_object()) {
    throw Problem(400, fmt::format("'inputs' must be a list of one input, '{}'", kInputName));
  }
  const json& input = inputs->front();
  if (!input.contains("name") || input["name"] != kInputName) {
    throw Problem(400, fmt::format("the input's name must be '{}'", kInputName));
  }
  return input;
}

}  // namespace

InferRequest parse_infer(const HttpRequest& http, const ImageShape& shape, int max_images) {
  const Body parts = split_body(http);
  const json body = parse_body(parts.json_text);
  InferRequest request;
  if (const auto id = body.find("id"); id != body.end()) {
    if (!id->is_string()) throw Problem(400, "'id' must be a string");
    request.id = *id;
  }
  request.outputs = parse_outputs(body);
  const int timeout = whole_number(object_field(body, "parameters"), "timeout");
  if (timeout > 0) request.timeout = std::chrono::microseconds(timeout);
  const json& input = only_input(body);
  const int binary_size = whole_number(object_field(input, "parameters"), "binary_data_size");
  if (static_cast<std::size_t>(binary_size) != parts.binary.size()) {
    throw Problem(400, fmt::format("'binary_data_size' says {} where {} bytes follow the JSON",
                                   binary_size, parts.binary.size()));
  }
  read_tensor(request, input, parts.binary, shape, max_images);
  return request;
}

}  // namespace alexnet::serve
