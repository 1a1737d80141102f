#include "cli/serve_arguments.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "cli/options.h"
#include "cli/weights.h"
#include "core/file.h"

namespace alexnet::cli {
namespace {

using serve::ModelSource;
using serve::ServerOptions;

constexpr const char* kTokenVariable = "ALEXNET_TOKEN";

ModelSource parse_model(const std::string& text) {
  const auto equals = text.find('=');
  if (equals != std::string::npos && !std::filesystem::exists(text)) {
    return {.name = text.substr(0, equals), .weights = text.substr(equals + 1)};
  }
  return {.name = name_of_weights(text), .weights = text};
}

void check_name(const ModelSource& model) {
  const bool plain = !model.name.empty() && std::ranges::all_of(model.name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_.").find(c) != std::string_view::npos;
  });
  if (!plain) {
    throw Error(
        fmt::format("'{}' is not a name for a model: letters, digits and -_. make one; "
                    "write NAME={}",
                    model.name, model.weights));
  }
}

// As browsers send it; with a path, or a slash at its end, it would never be one of theirs.
void check_origin(const std::string& origin) {
  const auto host = origin.find("://");
  const bool plain = host != std::string::npos && host > 0 && origin.size() > host + 3 &&
                     origin.find('/', host + 3) == std::string::npos;
  if (plain || origin == "*" || origin == "null") return;
  throw Error(
      fmt::format("--cors-origin: '{}' is no origin; write scheme and host, such as "
                  "https://example.com, or * for all",
                  origin));
}

// The token without white space around it. Throws Error, naming its `source`, when that is empty.
std::string trim_token(std::string token, std::string_view source) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  token.erase(token.begin(), std::ranges::find_if_not(token, blank));
  while (!token.empty() && blank(token.back())) token.pop_back();
  if (token.empty()) throw Error(fmt::format("{} has no token in it", source));
  return token;
}

// Empty where requests need none.
std::string read_token(const ServeArguments& arguments) {
  if (!arguments.token_file.empty()) {
    return trim_token(read_text_file(arguments.token_file), arguments.token_file);
  }
  const char* variable = std::getenv(kTokenVariable);
  return variable == nullptr ? std::string() : trim_token(variable, kTokenVariable);
}

void add_address_options(CLI::App& app, ServeArguments& arguments) {
  app.option_defaults()->group("Address and access");
  auto& http = arguments.options.http;
  app.add_option("--host", http.host, "address to listen on; 0.0.0.0: all of this machine's")
      ->type_name("ADDRESS")
      ->capture_default_str();
  whole_number(app.add_option("--port", arguments.port, "port"), 0, 65'535, "any that is free")
      ->capture_default_str();
  app.add_option(
         "--token-file", arguments.token_file,
         fmt::format("file with a token that requests must have; or set {}", kTokenVariable))
      ->type_name("FILE");
  CLI::Option* certificate =
      app.add_option("--tls-cert", http.tls_certificate, "certificate chain for HTTPS, PEM")
          ->type_name("FILE");
  CLI::Option* key =
      app.add_option("--tls-key", http.tls_key, "its private key, PEM")->type_name("FILE");
  app.add_option("--cors-origin", http.cors_origins,
                 "site whose pages may send requests, such as https://example.com; *: all")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  app.add_flag("--model-control", arguments.options.model_control,
               "clients may load and unload models");
  certificate->needs(key);
  key->needs(certificate);
}

void add_computing_options(CLI::App& app, ServeArguments& arguments) {
  app.option_defaults()->group("Computing");
  auto& batching = arguments.options.batching;
  whole_number(app.add_option("--max-batch", batching.max_batch, "images per batch at most"), 1,
               4096)
      ->capture_default_str();
  number(app.add_option("--max-wait-ms", arguments.max_wait_ms,
                        "milliseconds that an image waits for a batch to fill"),
         0, 10'000)
      ->capture_default_str();
  whole_number(app.add_option("--max-queue", batching.max_queue,
                              "images of one model that may wait; more are refused"),
               1, 1'000'000)
      ->capture_default_str();
  add_engine_option(app, arguments.options.engine);
  add_threads_option(app, arguments.options.threads);
  whole_number(app.add_option("--decoders", arguments.options.decoders,
                              "threads that parse requests and decode images"),
               2, 1024)
      ->capture_default_str();
  add_precision_option(app, arguments.options.precision);
}

void add_limit_options(CLI::App& app, ServeArguments& arguments) {
  app.option_defaults()->group("Limits");
  number(app.add_option("--timeout", arguments.timeout,
                        "seconds to receive a request, and as many to answer it"),
         0.001, 3600)
      ->capture_default_str();
  whole_number(app.add_option("--max-body", arguments.max_body_mb, "MiB in a request"), 1, 1024)
      ->capture_default_str();
  number(app.add_option("--max-megapixels", arguments.max_megapixels, "megapixels of an image"),
         0.001, 178)
      ->capture_default_str();
  whole_number(
      app.add_option("--max-connections", arguments.max_connections, "connections open at a time"),
      1, 10'000)
      ->capture_default_str();
  number(app.add_option("--drain-delay", arguments.drain_delay,
                        "seconds from a SIGTERM, which ends /v2/health/ready, to no longer "
                        "listening"),
         0, 3600)
      ->capture_default_str();
}

}  // namespace

void add_serve_arguments(CLI::App& app, ServeArguments& arguments) {
  app.add_option("WEIGHTS", arguments.models,
                 "weights files or run folders, each plain or as NAME=WEIGHTS")
      ->type_name("")
      ->required();
  add_address_options(app, arguments);
  add_computing_options(app, arguments);
  add_limit_options(app, arguments);
  app.add_flag("--quiet", arguments.quiet, "no access log")->group("Options");
}

ServerOptions server_options(const ServeArguments& arguments) {
  ServerOptions options = arguments.options;
  constexpr double kThousand = 1000;
  constexpr double kMillion = 1e6;
  options.http.port = static_cast<std::uint16_t>(arguments.port);
  options.http.timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(arguments.timeout * kThousand));
  options.http.drain_delay =
      std::chrono::milliseconds(static_cast<std::int64_t>(arguments.drain_delay * kThousand));
  options.http.head_timeout = std::min(options.http.head_timeout, options.http.timeout);
  options.http.max_body = static_cast<std::size_t>(arguments.max_body_mb) << 20U;
  options.http.max_bodies = std::max(options.http.max_bodies, 2 * options.http.max_body);
  options.http.max_connections = static_cast<std::size_t>(arguments.max_connections);
  options.batching.max_wait =
      std::chrono::microseconds(static_cast<std::int64_t>(arguments.max_wait_ms * kThousand));
  options.max_pixels = static_cast<std::int64_t>(arguments.max_megapixels * kMillion);
  options.token = read_token(arguments);
  for (const std::string& origin : options.http.cors_origins) check_origin(origin);
  return options;
}

std::vector<ModelSource> model_sources(const ServeArguments& arguments) {
  std::vector<ModelSource> sources;
  for (const std::string& text : arguments.models) {
    sources.push_back(parse_model(text));
    check_name(sources.back());
  }
  return sources;
}

}  // namespace alexnet::cli
