#include "serve/page/openapi.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "serve/http/path_pattern.h"
#include "serve/page/assets.h"

namespace alexnet::serve {
namespace {

using nlohmann::ordered_json;  // paths in the order of the endpoints

ordered_json parse_piece(std::string_view text, std::string_view id) {
  ordered_json piece = ordered_json::parse(text, nullptr, false);
  if (piece.is_discarded()) {
    throw Error(fmt::format("the documentation of endpoint '{}' is not JSON: {}", id, text),
                ErrorKind::internal);
  }
  return piece;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// The path's {model} is described by the component Model.
ordered_json path_parameters(std::string_view pattern) {
  ordered_json parameters = ordered_json::array();
  for (std::string name : parameter_names(pattern)) {
    name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
    parameters.push_back({{"$ref", fmt::format("#/components/parameters/{}", name)}});
  }
  return parameters;
}

ordered_json operation(const Endpoint& endpoint) {
  const Documentation& text = endpoint.documentation;
  const std::string_view id = text.id;
  ordered_json operation{{"operationId", id}, {"summary", std::string_view(text.summary)}};
  if (endpoint.open) operation["security"] = ordered_json::array();
  ordered_json parameters = path_parameters(endpoint.pattern);
  for (ordered_json& parameter : parse_piece(text.parameters, id)) {
    parameters.push_back(std::move(parameter));
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!text.request_body.empty()) operation["requestBody"] = parse_piece(text.request_body, id);
  operation["responses"] = {{"200", parse_piece(text.response, id)},
                            {"default", {{"$ref", "#/components/responses/Problem"}}}};
  return operation;
}

}  // namespace

std::string openapi_document(std::span<const Endpoint> endpoints) {
  ordered_json document = ordered_json::parse(assets::kOpenApi);
  ordered_json& paths = document["paths"] = ordered_json::object();
  for (const Endpoint& endpoint : endpoints) {
    paths[std::string(endpoint.pattern)][lower(endpoint.method)] = operation(endpoint);
  }
  return document.dump();
}

}  // namespace alexnet::serve
