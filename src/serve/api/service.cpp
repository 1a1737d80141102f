#include "serve/api/service.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "serve/api/dispatch.h"
#include "serve/http/access_log.h"
#include "serve/http/bearer_token.h"
#include "serve/http/content_coding.h"
#include "serve/http/cors.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

// The label of a method in the metrics: one of a fixed few, so that clients cannot add series.
std::string_view method_label(std::string_view method) {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    if (method == known) return known;
  }
  return "other";
}

void check_token(std::string_view authorization, const std::string& token) {
  if (has_bearer_token(authorization, token)) return;
  throw Problem(401,
                authorization.empty() ? "a token is needed: Authorization: Bearer TOKEN"
                                      : "the Authorization is not 'Bearer' and this server's token",
                {{"WWW-Authenticate", "Bearer"}});
}

}  // namespace

Service::Service(std::vector<Endpoint> endpoints, ServerState& state)
    : endpoints_(std::move(endpoints)), state_(state) {}

std::optional<Service::Match> Service::find(const HttpRequest& request) const {
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.method != method) continue;
    if (auto path = match_path(endpoint.pattern, request.segments)) {
      return Match{.endpoint = &endpoint, .path = std::move(*path)};
    }
  }
  return std::nullopt;
}

std::string Service::methods_where(const std::function<bool(const Endpoint&)>& is_meant) const {
  std::vector<std::string_view> methods;
  for (const Endpoint& endpoint : endpoints_) {
    const bool listed = std::ranges::find(methods, endpoint.method) != methods.end();
    if (listed || !is_meant(endpoint)) continue;
    methods.push_back(endpoint.method);
    if (endpoint.method == "GET") methods.emplace_back("HEAD");
  }
  return fmt::format("{}", fmt::join(methods, ", "));
}

std::string Service::allowed_methods(const std::vector<std::string>& segments) const {
  return methods_where(
      [&](const Endpoint& endpoint) { return match_path(endpoint.pattern, segments).has_value(); });
}

HttpResponse Service::server_options() const {
  HttpResponse response;
  response.headers = {{"Allow", methods_where([](const Endpoint& /*any*/) { return true; })}};
  return response;
}

void Service::check(const HttpRequest& head) const {
  const auto found = find(head);
  if (!found) {
    const std::string allowed = allowed_methods(head.segments);
    if (allowed.empty()) {
      throw Problem(404,
                    fmt::format("there is no {}; see /openapi.json", to_printable(head.target)));
    }
    throw Problem(405,
                  fmt::format("{} takes {}, not {}", to_printable(head.target), allowed,
                              to_printable(head.method)),
                  {{"Allow", allowed}});
  }
  const ServerOptions& options = state_.options;
  if (!options.token.empty() && !found->endpoint->open) {
    check_token(head.header("Authorization"), options.token);
  }
  if (found->endpoint->method == "GET" && head.has_body) {
    throw Problem(400, fmt::format("a {} is sent without a body here", head.method));
  }
  check_content_coding(head.header("Content-Encoding"));
}

std::optional<HttpResponse> Service::refuse(const HttpRequest& head) {
  try {
    if (head.is_for_server()) return server_options();
    if (is_allowed_preflight(head, state_.options.http.cors_origins)) {
      return preflight_response(head, allowed_methods(head.segments));
    }
    check(head);
    return std::nullopt;
  } catch (const Problem& problem) {
    return to_response(problem);
  }
}

void Service::handle(std::shared_ptr<const HttpRequest> request, Reply reply) {
  auto found = find(*request);  // there is one, or it would have been refused
  const Call call{
      .request = std::move(request), .path = std::move(found->path), .reply = std::move(reply)};
  reply_on_error(call.reply, [&] { found->endpoint->handler(call, state_); });
}

void Service::responded(const HttpRequest& request, const HttpResponse& response) {
  const auto found = find(request);
  state_.metrics.count_request(found ? found->endpoint->pattern : "none",
                               method_label(request.method), response.status,
                               to_seconds(Clock::now() - request.received));
  log(request, response);
}

void Service::connection_refused(const HttpRequest& request, const HttpResponse& response) {
  state_.metrics.count_refused_connection();
  log(request, response);
}

void Service::log(const HttpRequest& request, const HttpResponse& response) const {
  if (state_.options.access_log) state_.options.access_log(access_line(request, response));
}

void Service::connections_changed(std::size_t open) {
  state_.metrics.set_connections(open);
}

void Service::failed(const std::string& what) {
  state_.options.notice(what);
}

}  // namespace alexnet::serve
