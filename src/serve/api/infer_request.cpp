#include "serve/api/infer_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/image/formats.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

constexpr std::string_view kBinarySize = "binary_data_size";

// The JSON, and the binary tensors after it.
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
  const json* found = find_member(object, name);
  if (found == nullptr) return none;
  if (!found->is_object()) throw Problem(400, fmt::format("'{}' must be an object", name));
  return *found;
}

bool flag(const json& parameters, const char* name, bool otherwise) {
  const json* found = find_member(parameters, name);
  return found == nullptr ? otherwise : flag_of(*found, name);
}

int whole_number(const json& parameters, const char* name) {
  const json* found = find_member(parameters, name);
  if (found == nullptr) return 0;
  constexpr int kMost = 1'000'000'000;
  if (!found->is_number_integer() || *found < 0 || *found > kMost) {
    throw Problem(400, fmt::format("'{}' must be a whole number, 0 to {}", name, kMost));
  }
  return found->get<int>();
}

void refuse_shared_memory(const json& parameters, std::string_view what) {
  if (find_member(parameters, "shared_memory_region") != nullptr) {
    throw Problem(400, fmt::format("the {} is to be in shared memory, which this server has not; "
                                   "send it in the request, in binary or as JSON",
                                   what));
  }
}

RequestedOutput parse_output(const json& output, bool binary_by_default) {
  const json* name = output.is_object() ? find_member(output, "name") : nullptr;
  if (name == nullptr || !name->is_string()) {
    throw Problem(400, "each output must be an object with a name");
  }
  const json& parameters = object_field(output, "parameters");
  refuse_shared_memory(parameters, "output");
  RequestedOutput requested{.name = *name,
                            .binary = flag(parameters, "binary_data", binary_by_default),
                            .classification = whole_number(parameters, "classification")};
  if (std::ranges::find(kOutputNames, requested.name) == kOutputNames.end()) {
    throw Problem(400, fmt::format("there is no output '{}'; there are log_probabilities, logits "
                                   "and probabilities",
                                   to_printable(requested.name)));
  }
  return requested;
}

// All of them when none is named.
std::vector<RequestedOutput> parse_outputs(const json& body) {
  const bool binary = flag(object_field(body, "parameters"), "binary_data_output", false);
  std::vector<RequestedOutput> outputs;
  if (const json* found = find_member(body, "outputs")) {
    if (!found->is_array()) throw Problem(400, "'outputs' must be a list");
    for (const json& output : *found) outputs.push_back(parse_output(output, binary));
  }
  if (outputs.size() > 16) throw Problem(400, "more than 16 outputs are asked for");
  if (outputs.empty()) {
    for (const std::string_view name : kOutputNames) {
      outputs.push_back({.name = std::string(name), .binary = binary});
    }
  }
  return outputs;
}

const json& only_input(const json& body) {
  const json* inputs = find_member(body, "inputs");
  if (inputs == nullptr || !inputs->is_array() || inputs->size() != 1 ||
      !inputs->front().is_object()) {
    throw Problem(400, fmt::format("'inputs' must be a list of one input, '{}'", kInputName));
  }
  const json& input = inputs->front();
  const json* name = find_member(input, "name");
  if (name == nullptr || *name != kInputName) {
    throw Problem(400, fmt::format("the input's name must be '{}'", kInputName));
  }
  return input;
}

DeclaredInput declared_input(const json& input) {
  DeclaredInput declared;
  const json* datatype = find_member(input, "datatype");
  if (datatype != nullptr && datatype->is_string()) declared.datatype = *datatype;
  const json* shape = find_member(input, "shape");
  const auto is_extent = [](const json& extent) {
    return extent.is_number_integer() && extent >= 0 && extent <= std::numeric_limits<int>::max();
  };
  constexpr std::size_t kMostDimensions = 8;
  if (shape == nullptr || !shape->is_array() || shape->size() > kMostDimensions ||
      !std::ranges::all_of(*shape, is_extent)) {
    throw Problem(400, "the input's 'shape' must be a list of whole numbers");
  }
  declared.shape = shape->get<std::vector<std::int64_t>>();
  return declared;
}

// Throws unless there is just one source of values.
InputTensor read_input(const json& input, std::optional<JsonTensor> tensor, std::string_view binary,
                       const ImageShape& image, int max_images) {
  const json& parameters = object_field(input, "parameters");
  refuse_shared_memory(parameters, "input");
  const json* data = find_member(input, "data");
  if (data != nullptr && !data->is_array()) throw Problem(400, "the input's 'data' must be a list");
  const bool has_size = find_member(parameters, kBinarySize.data()) != nullptr;
  const int size = whole_number(parameters, kBinarySize.data());
  if (data != nullptr && has_size) {
    throw Problem(400, fmt::format("the input has both 'data' and '{}'; send one", kBinarySize));
  }
  if (static_cast<std::size_t>(size) != binary.size()) {
    throw Problem(400, has_size ? fmt::format("'{}' says {} where {} bytes follow the JSON",
                                              kBinarySize, size, binary.size())
                                : fmt::format("{} bytes follow the JSON, but the input has no '{}'",
                                              binary.size(), kBinarySize));
  }
  if (data != nullptr && tensor) {
    return read_json_input(declared_input(input), *std::move(tensor), image);
  }
  if (!has_size) throw Problem(400, "the input has neither 'data' nor binary data");
  return read_binary_input(declared_input(input), binary, image, max_images);
}

// The whole body is the input: of the datatype that the metadata names, or an image file.
InferRequest parse_raw(std::string_view body, const ImageShape& image, int max_images) {
  InferRequest request;
  for (const std::string_view name : kOutputNames) {
    request.outputs.push_back({.name = std::string(name), .binary = true});
  }
  const std::size_t size = image.values() * sizeof(float);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
  if (body.size() % size == 0 && !body.empty()) {
    const auto count = static_cast<std::int64_t>(body.size() / size);
    request.input = read_binary_input({"FP32", {count, image.channels, image.height, image.width}},
                                      body, image, max_images);
  } else if (find_image_format(bytes) != nullptr) {
    request.input.count = 1;
    request.input.encoded.push_back({.name = "image 1", .content = body});
  } else {
    throw Problem(400, fmt::format("a body without JSON must be FP32 values, {} bytes an image, or "
                                   "one image file ({}); it has {} bytes",
                                   size, image_format_names(), body.size()));
  }
  return request;
}

}  // namespace

InferRequest parse_infer(const HttpRequest& http, const ImageShape& shape, int max_images) {
  const Body parts = split_body(http);
  if (parts.json_text.empty() && !http.header(kJsonLength).empty()) {
    return parse_raw(parts.binary, shape, max_images);
  }
  TensorDocument document = read_tensor_document(
      parts.json_text, {{"inputs", "", "data"}},
      {.numbers = static_cast<std::size_t>(max_images) * shape.values(), .files = max_images});
  const json& body = document.body;
  InferRequest request;
  if (const json* id = find_member(body, "id")) {
    if (!id->is_string()) throw Problem(400, "'id' must be a string");
    request.id = *id;
  }
  request.outputs = parse_outputs(body);
  const int timeout = whole_number(object_field(body, "parameters"), "timeout");
  if (timeout > 0) request.timeout = std::chrono::microseconds(timeout);
  request.input =
      read_input(only_input(body), std::move(document.tensor), parts.binary, shape, max_images);
  return request;
}

}  // namespace alexnet::serve
