#pragma once

#include <alexnet/engine.h>

#include <cstdint>
#include <functional>
#include <string>

#include "serve/batching/batch_queue.h"
#include "serve/http/options.h"

namespace alexnet::serve {

/// Takes one line of text, from any thread.
using LineSink = std::function<void(const std::string&)>;

/// A quarter of the processors, at least two.
int default_decoders();

struct ServerOptions {
  HttpOptions http;
  ExecutorOptions batching;
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< of the engine; 0: all processors
  Precision precision = Precision::fp32;
  int decoders = default_decoders();            ///< threads that parse requests and decode images
  std::int64_t max_pixels = 50'000'000;         ///< of an image, before it is decoded
  std::string token;                            ///< that requests must have; empty: none
  bool model_control = false;                   ///< clients may load and unload models
  LineSink access_log;                          ///< takes a line of JSON a request; empty: none
  LineSink notice = [](const std::string&) {};  ///< takes reloads and unexpected exceptions
};

/// Throws Error, in the words of `alexnet serve`, for settings that cannot work together.
void check_options(const ServerOptions& options);

}  // namespace alexnet::serve
