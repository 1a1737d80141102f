#include "serve/server.h"

#include <algorithm>
#include <utility>

#include "core/threads.h"
#include "serve/service.h"

namespace alexnet::serve {

int default_decoders() {
  constexpr int kFewest = 2;
  return std::max(kFewest, available_threads() / 4);
}

class Server::State {
 public:
  State(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options)
      : service_(std::make_unique<Service>(std::move(models), load, options)),
        http_(std::make_unique<HttpServer>(options.http, *service_)) {}
  ~State() {
    http_->stop();     // then nothing asks,
    service_->stop();  // then nothing answers,
  }                    // and what is left can go
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Service& service() { return *service_; }
  HttpServer& http() { return *http_; }

 private:
  std::unique_ptr<Service> service_;
  std::unique_ptr<HttpServer> http_;
};

Server::Server(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options)
    : state_(std::make_unique<State>(std::move(models), load, options)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return state_->http().port();
}
std::vector<std::shared_ptr<ServedModel>> Server::models() const {
  return state_->service().store().all();
}
void Server::reload() {
  state_->service().reload();
}
void Server::drain() {
  state_->service().drain();
  state_->http().drain();
}
bool Server::drained() const {
  return state_->http().drained();
}

}  // namespace alexnet::serve
