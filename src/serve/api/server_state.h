#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "serve/api/metrics.h"
#include "serve/api/options.h"
#include "serve/batching/executor.h"
#include "serve/batching/model_store.h"
#include "serve/batching/workers.h"

namespace alexnet::serve {

/// What the handlers of all endpoints share.
struct ServerState {
  /// Loads the models. Throws Error when one cannot be loaded.
  ServerState(std::vector<ModelSource> models, const LoadModel& load, ServerOptions server_options,
              std::string openapi_document);
  ~ServerState() { stop(); }
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  /// Reads all weights again; notices and metrics say how that went.
  void reload();
  /// Reads a model's weights. Throws as ModelStore::load does.
  void load(const std::string& model);
  /// Ends all threads; jobs and tasks that wait are dropped.
  void stop();

  ServerOptions options;
  std::string openapi;  ///< the document that describes the endpoints
  Metrics metrics;
  Executor executor;
  ModelStore store;
  Workers workers;
  std::atomic<bool> draining{false};  ///< no longer ready for more requests

 private:
  void report(const ModelSource& model, const Reloaded& reloaded);
};

}  // namespace alexnet::serve
