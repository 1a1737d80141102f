#include "serve/http/cors.h"

#include <algorithm>

namespace alexnet::serve {
namespace {

constexpr std::string_view kAny = "*";

bool is_allowed(std::string_view origin, const std::vector<std::string>& origins) {
  return !origin.empty() && std::ranges::any_of(origins, [&](const std::string& allowed) {
    return allowed == kAny || allowed == origin;
  });
}

}  // namespace

bool is_allowed_preflight(const HttpRequest& request, const std::vector<std::string>& origins) {
  return request.method == "OPTIONS" && !request.header("Access-Control-Request-Method").empty() &&
         is_allowed(request.header("Origin"), origins);
}

HttpResponse preflight_response(const HttpRequest& request, std::string_view methods) {
  HttpResponse response;
  response.headers = {{"Access-Control-Allow-Methods", std::string(methods)},
                      {"Access-Control-Max-Age", "600"}};
  const std::string_view wanted = request.header("Access-Control-Request-Headers");
  if (!wanted.empty()) response.headers.emplace_back("Access-Control-Allow-Headers", wanted);
  return response;
}

void allow_origin(const HttpRequest& request, const std::vector<std::string>& origins,
                  HttpResponse& response) {
  if (origins.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("Origin");
  if (!is_allowed(origin, origins)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "X-Request-Id, Inference-Header-Content-Length, Retry-After");
}

}  // namespace alexnet::serve
