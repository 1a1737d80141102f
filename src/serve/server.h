#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "serve/api/options.h"
#include "serve/batching/model_store.h"

namespace alexnet::serve {

/// Models behind HTTP: a page, /v1/predict, the Open Inference Protocol (/v2), /metrics.
class Server {
 public:
  /// Loads the models, then listens. Throws Error when a model cannot be loaded or the address is
  /// taken.
  Server(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options);
  ~Server();  ///< drops requests in progress; `drain` first
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::vector<std::shared_ptr<ServedModel>> models() const;
  /// Reads all weights and the certificate again, while requests are answered. What cannot be read
  /// stays as it was.
  void reload();
  /// Is no longer ready; after the delay of the options stops listening, answers requests in
  /// progress, then closes. Does not block.
  void drain();
  bool drained() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet::serve
