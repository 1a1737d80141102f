#include "serve/page/openapi.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "serve/endpoints.h"
#include "support/paths.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

json document() {
  return json::parse(openapi_document(all_endpoints()));
}

// The node with each $ref replaced by what it refers to.
json resolved(const json& node, const json& root) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string target = node["$ref"].get<std::string>().substr(1);  // after "#"
    return resolved(root.at(json::json_pointer(target)), root);
  }
  json result = node;
  if (node.is_structured()) {
    for (json& value : result) value = resolved(value, root);
  }
  return result;
}

// Parameters of a path, which hold for all of its operations, as parameters of these.
json paths_of(const json& document) {
  json paths = resolved(document["paths"], document);
  for (json& path : paths) {
    const json shared = path.value("parameters", json::array());
    path.erase("parameters");
    for (json& operation : path) {
      for (const json& parameter : shared) operation["parameters"].push_back(parameter);
    }
  }
  return paths;
}

// Objects may have more members, lists more elements.
bool says_at_least(const json& text, const json& expected) {
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      if (!text.is_object() || !text.contains(key) || !says_at_least(text[key], value))
        return false;
    }
    return true;
  }
  if (expected.is_array()) {
    return std::ranges::all_of(expected, [&](const json& element) {
      return std::ranges::any_of(
          text, [&](const json& candidate) { return says_at_least(candidate, element); });
    });
  }
  return text == expected;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

TEST(OpenApi, DescribesEachEndpointAndNothingElse) {
  std::set<std::string> endpoints;
  for (const Endpoint& endpoint : all_endpoints()) {
    EXPECT_NE(endpoint.handler, nullptr) << endpoint.pattern;
    const std::string name = std::string(endpoint.method) + " " + std::string(endpoint.pattern);
    EXPECT_TRUE(endpoints.insert(lower(name)).second) << name << " is there twice";
  }
  std::set<std::string> described;
  const json paths = document()["paths"];
  for (const auto& [path, operations] : paths.items()) {
    for (const auto& [method, operation] : operations.items()) {
      described.insert(lower(fmt::format("{} {}", method, path)));
    }
  }
  EXPECT_EQ(described, endpoints);
}

TEST(OpenApi, OperationsAreComplete) {
  std::set<std::string> ids;
  for (const json& path : paths_of(document())) {  // throws where a $ref leads nowhere
    for (const json& operation : path) {
      EXPECT_TRUE(ids.insert(operation.at("operationId")).second) << operation["operationId"];
      EXPECT_FALSE(operation.at("summary").get<std::string>().empty());
      EXPECT_TRUE(operation.at("responses").at("200").contains("description"));
      EXPECT_TRUE(operation.at("responses").at("default").contains("content"));
    }
  }
}

TEST(OpenApi, OnlyOpenEndpointsNeedNoToken) {
  const json paths = document()["paths"];
  for (const Endpoint& endpoint : all_endpoints()) {
    const json& operation =
        paths[std::string(endpoint.pattern)][lower(std::string(endpoint.method))];
    EXPECT_EQ(operation.contains("security"), endpoint.open) << endpoint.pattern;
  }
}

TEST(OpenApi, KeepsWhatItSaidOfVersion1) {
  std::ifstream file(tests_folder() / "serve/page/openapi_v1.json");
  const json version1 = json::parse(file);
  json now = document();
  json paths = paths_of(now);  // not const: what is missing is null
  const json expected = paths_of(version1);
  for (const auto& [path, operations] : expected.items()) {
    for (const auto& [method, operation] : operations.items()) {
      EXPECT_TRUE(says_at_least(paths[path][method], operation))
          << method << ' ' << path << "\nsaid " << operation << "\nnow " << paths[path][method];
    }
  }
  for (const char* part : {"openapi", "info", "servers", "security", "components"}) {
    EXPECT_TRUE(says_at_least(now[part], version1[part])) << part;
  }
}

TEST(OpenApi, DocumentationThatIsNotJsonIsAnError) {
  Endpoint endpoint = all_endpoints().front();
  endpoint.documentation.parameters = "[";
  EXPECT_THROW(openapi_document({&endpoint, 1}), Error);
}

}  // namespace
}  // namespace alexnet::serve
