#include "serve/server.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <utility>

#include "serve/api/server_state.h"
#include "serve/api/service.h"
#include "serve/endpoints.h"
#include "serve/http/http_server.h"
#include "serve/page/openapi.h"

namespace alexnet::serve {

namespace {

const ServerOptions& checked(const ServerOptions& options) {
  check_options(options);
  return options;
}

}  // namespace

class Server::State {
 public:
  State(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options)
      : state_(std::move(models), load, checked(options), openapi_document(all_endpoints())),
        service_(all_endpoints(), state_),
        http_(options.http, service_) {}
  ~State() {
    http_.stop();   // no more requests
    state_.stop();  // no more replies
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ServerState& state() { return state_; }
  HttpServer& http() { return http_; }

 private:
  ServerState state_;
  Service service_;
  HttpServer http_;
};

Server::Server(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options)
    : state_(std::make_unique<State>(std::move(models), load, options)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return state_->http().port();
}
std::vector<std::shared_ptr<ServedModel>> Server::models() const {
  return state_->state().store.all();
}
void Server::reload() {
  state_->state().reload();
  const ServerOptions& options = state_->state().options;
  if (options.http.tls_certificate.empty()) return;
  try {
    state_->http().reload_certificate();
    options.notice(fmt::format("reloaded the certificate {}", options.http.tls_certificate));
  } catch (const Error& error) {
    options.notice(fmt::format("keeps its certificate, reloading failed: {}", error.what()));
  }
}
void Server::drain() {
  state_->state().draining = true;
  state_->http().drain();
}
bool Server::drained() const {
  return state_->http().drained();
}

}  // namespace alexnet::serve
