#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/api/endpoint.h"
#include "serve/http/handler.h"

namespace alexnet::serve {

/// Finds each request's endpoint, checks what all of them require, counts and logs.
class Service : public HttpHandler {
 public:
  Service(std::vector<Endpoint> endpoints, ServerState& state);

  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  void handle(std::shared_ptr<const HttpRequest> request, Reply reply) override;
  void responded(const HttpRequest& request, const HttpResponse& response) override;
  void connection_refused(const HttpRequest& request, const HttpResponse& response) override;
  void connections_changed(std::size_t open) override;
  void failed(const std::string& what) override;

 private:
  struct Match {
    const Endpoint* endpoint;
    PathParameters path;
  };
  std::optional<Match> find(const HttpRequest& request) const;
  /// "GET, HEAD": the methods of some endpoints.
  std::string methods_where(const std::function<bool(const Endpoint&)>& is_meant) const;
  /// What OPTIONS * asks for.
  HttpResponse server_options() const;
  /// The methods of a path, empty where there is none.
  std::string allowed_methods(const std::vector<std::string>& segments) const;
  /// Throws Problem.
  void check(const HttpRequest& head) const;
  void log(const HttpRequest& request, const HttpResponse& response) const;

  std::vector<Endpoint> endpoints_;
  ServerState& state_;
};

}  // namespace alexnet::serve
