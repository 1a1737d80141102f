#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http/request.h"
#include "serve/http/response.h"

/// Cross-origin requests of browsers (Fetch, 3.2): from other sites' pages, where these are
/// allowed.
namespace alexnet::serve {

/// Whether this is the question of a browser before such a request, from an origin that may send
/// it.
bool is_allowed_preflight(const HttpRequest& request, const std::vector<std::string>& origins);

/// The answer to it. `methods`: "GET, HEAD".
HttpResponse preflight_response(const HttpRequest& request, std::string_view methods);

/// Lets the request's page read the response, where its origin is among these; "*" is any.
void allow_origin(const HttpRequest& request, const std::vector<std::string>& origins,
                  HttpResponse& response);

}  // namespace alexnet::serve
