#pragma once

#include <alexnet/image.h>

#include <mutex>
#include <string>
#include <vector>

#include "cli/small_model.h"
#include "report/png.h"
#include "serve/http_client.h"
#include "serve/server.h"

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

/// A pattern of the small model's size, another for each seed.
inline Image pattern(int seed) {
  Image image{.height = 28, .width = 28, .channels = 1, .pixels = {}};
  for (int i = 0; i < 28 * 28; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>((i * (7 + seed) + i / 28 * seed * 5) % 256));
  }
  return image;
}

/// Lines that a server says, from any thread.
class Lines {
 public:
  serve::Notice taker() {
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
