#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "serve/executor.h"
#include "serve/http_server.h"
#include "serve/model_store.h"

namespace alexnet::serve {

/// A quarter of the processors, at least two.
int default_decoders();

struct ServerOptions {
  HttpOptions http;
  ExecutorOptions batching;
  int threads = 0;  ///< of the engine; 0: all processors
  Precision precision = Precision::fp32;
  int decoders = default_decoders();          ///< threads that parse requests and decode images
  std::int64_t max_pixels = 50'000'000;       ///< of an image, before it is decoded
  std::string token;                          ///< that requests must bear; empty: none
  Notice access_log;                          ///< takes a line of JSON a request; empty: none
  Notice notice = [](const std::string&) {};  ///< takes what is worth knowing
};

/// Models behind HTTP: a page, /v1/predict, the Open Inference Protocol (/v2), /metrics.
class Server {
 public:
  /// Loads the models, then listens. Throws Error when a model cannot be loaded or the address is
  /// taken.
  Server(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options);
  ~Server();  ///< ends at once; `drain` first
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::vector<std::shared_ptr<ServedModel>> models() const;
  /// Reads all weights again; requests go on meanwhile. One that cannot be read stays as it was.
  void reload();
  /// Takes no new connections, answers what is under way, then closes.
  void drain();
  bool drained() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet::serve
