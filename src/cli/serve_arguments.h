#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "serve/api/options.h"
#include "serve/batching/model_store.h"

/// What `alexnet serve` is told, in the units of the command line.
namespace alexnet::cli {

struct ServeArguments {
  std::vector<std::string> models;
  serve::ServerOptions options;
  int port = options.http.port;
  double max_wait_ms = std::chrono::duration<double, std::milli>(options.batching.max_wait).count();
  double timeout = std::chrono::duration<double>(options.http.timeout).count();
  int max_body_mb = static_cast<int>(options.http.max_body >> 20U);
  double max_megapixels = static_cast<double>(options.max_pixels) / 1e6;
  int max_connections = static_cast<int>(options.http.max_connections);
  double drain_delay = 0;
  std::string token_file;
  bool quiet = false;
};

void add_serve_arguments(CLI::App& app, ServeArguments& arguments);

/// In the server's units, with the token that a file or the environment has. Throws Error.
serve::ServerOptions server_options(const ServeArguments& arguments);

/// "shoes=runs/fashion", or "runs/fashion", which is called "fashion". Throws Error for a name that
/// cannot stand in an address.
std::vector<serve::ModelSource> model_sources(const ServeArguments& arguments);

}  // namespace alexnet::cli
