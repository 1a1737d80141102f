#pragma once

#include <alexnet/image.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data/image/png_writer.h"
#include "serve/http_client.h"
#include "serve/server.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {

/// Options for a server on any free port.
inline serve::ServerOptions test_options() {
  serve::ServerOptions options;
  options.http.port = 0;
  options.threads = 1;
  return options;
}

/// A server of small_model() under the name "small".
inline std::unique_ptr<serve::Server> start_server(
    const serve::ServerOptions& options = test_options()) {
  return std::make_unique<serve::Server>(
      std::vector<serve::ModelSource>{{.name = "small", .weights = "memory"}},
      [](const std::string& /*weights*/) { return small_model(); }, options);
}

/// One that takes a tenth of a second an image, with the engine `slow_options` name.
inline Model slow_model() {
  Model model = small_model();
  model.architecture.layers = {Conv{.out_channels = 64, .kernel = 5, .padding = 2},
                               Relu{},
                               Conv{.out_channels = 64, .kernel = 5, .padding = 2},
                               Relu{},
                               Flatten{},
                               Linear{10},
                               LogSoftmax{}};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  return model;
}

inline serve::ServerOptions slow_options() {
  serve::ServerOptions options = test_options();
  options.engine = "reference";
  options.batching.max_batch = 1;
  return options;
}

inline std::unique_ptr<serve::Server> start_slow_server(const serve::ServerOptions& options) {
  return std::make_unique<serve::Server>(
      std::vector<serve::ModelSource>{{.name = "small", .weights = "memory"}},
      [](const std::string& /*weights*/) { return slow_model(); }, options);
}

/// An image of the small model's size, another for each seed.
inline Image small_image(int seed) {
  return pattern(seed % kPatternClasses, 28, 1, static_cast<std::uint64_t>(seed), 0);
}

/// One as a PNG file.
inline std::string small_png() {
  return encode_png(small_image(1));
}

/// Collects the lines of a log, from any thread.
class Lines {
 public:
  serve::LineSink sink() {
    return [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace alexnet::test
