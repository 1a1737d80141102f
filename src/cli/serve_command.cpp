#include <alexnet/error.h>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/weights.h"
#include "core/file.h"
#include "serve/server.h"

namespace alexnet::cli {
namespace {

using serve::ModelSource;
using serve::Server;
using serve::ServerOptions;

constexpr const char* kTokenVariable = "ALEXNET_TOKEN";

struct ServeArguments {
  std::vector<std::string> models;
  ServerOptions options;
  int port = options.http.port;
  double max_wait_ms = 2;
  double timeout = 30;
  int max_body_mb = 32;
  double max_megapixels = 50;
  int max_connections = 256;
  std::string token_file;
  bool quiet = false;
};

// "shoes=runs/fashion", or "runs/fashion" with a name of its own: "fashion".
ModelSource parse_model(const std::string& text) {
  const auto equals = text.find('=');
  if (equals != std::string::npos && !std::filesystem::exists(text)) {
    return {.name = text.substr(0, equals), .weights = text.substr(equals + 1)};
  }
  std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return {
      .name = std::filesystem::is_directory(path) ? path.filename().string() : path.stem().string(),
      .weights = text};
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

// A token without the blanks around it, from `source`. Throws Error when nothing is left.
std::string trim_token(std::string token, std::string_view source) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  token.erase(token.begin(), std::ranges::find_if_not(token, blank));
  while (!token.empty() && blank(token.back())) token.pop_back();
  if (token.empty()) throw Error(fmt::format("{} has no token in it", source));
  return token;
}

// Empty where none is asked for.
std::string read_token(const ServeArguments& arguments) {
  if (!arguments.token_file.empty()) {
    return trim_token(read_text_file(arguments.token_file), arguments.token_file);
  }
  const char* variable = std::getenv(kTokenVariable);
  return variable == nullptr ? std::string() : trim_token(variable, kTokenVariable);
}

// A line on stderr; whether anybody can still read it changes nothing for those who are served.
void say(const std::string& line) {
  const std::string text = line + "\n";
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

ServerOptions server_options(const ServeArguments& arguments) {
  ServerOptions options = arguments.options;
  constexpr double kThousand = 1000;
  constexpr double kMillion = 1e6;
  options.http.port = static_cast<std::uint16_t>(arguments.port);
  options.http.timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(arguments.timeout * kThousand));
  options.http.head_timeout = std::min(options.http.head_timeout, options.http.timeout);
  options.http.max_body = static_cast<std::size_t>(arguments.max_body_mb) << 20U;
  options.http.max_bodies = std::max(options.http.max_bodies, 2 * options.http.max_body);
  options.http.max_connections = static_cast<std::size_t>(arguments.max_connections);
  options.batching.max_wait =
      std::chrono::microseconds(static_cast<std::int64_t>(arguments.max_wait_ms * kThousand));
  options.max_pixels = static_cast<std::int64_t>(arguments.max_megapixels * kMillion);
  options.token = read_token(arguments);
  if (!arguments.quiet) options.access_log = say;
  options.notice = say;
  return options;
}

// Signals wait until somebody takes them; threads that are made from now on do the same. A log's
// reader that goes away (SIGPIPE) is not a reason to end.
sigset_t hold_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// SIGHUP reads the weights again; SIGINT and SIGTERM answer what is under way and end; a second one
// ends at once.
int serve_until_stopped(Server& server, const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) server.reload();
  say("stopping: answering what is under way");
  server.drain();
  while (!server.drained()) {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 10'000'000};
    const int again = sigtimedwait(&signals, nullptr, &kPause);
    if (again == SIGINT || again == SIGTERM) return kInterrupted;
  }
  return kDone;
}

void print_start(const Server& server, const ServerOptions& options) {
  for (const auto& model : server.models()) {
    say(fmt::format("{}: {}, {} classes", model->name, model->weights, model->classes()));
  }
  const std::string& host = options.http.host;
  const bool ip6 = host.find(':') != std::string::npos;
  fmt::print("{}://{}{}{}:{}/\n", options.http.tls_certificate.empty() ? "http" : "https",
             ip6 ? "[" : "", host, ip6 ? "]" : "", server.port());
  std::fflush(stdout);
  const bool loopback = host.starts_with("127.") || host == "::1" || host == "localhost";
  if (!loopback && options.token.empty()) {
    say(fmt::format("note: everybody who reaches {} can use this; --token-file asks for a token",
                    host));
  }
}

int run_serve(const ServeArguments& arguments) {
  std::vector<ModelSource> models;
  for (const std::string& text : arguments.models) {
    models.push_back(parse_model(text));
    check_name(models.back());
  }
  const ServerOptions options = server_options(arguments);
  const sigset_t signals = hold_signals();
  const auto load = [](const std::string& weights) { return open_weights(weights).model; };
  Server server(std::move(models), load, options);
  print_start(server, options);
  return serve_until_stopped(server, signals);
}

void add_network_options(CLI::App& app, ServeArguments& arguments) {
  auto& http = arguments.options.http;
  app.add_option("--host", http.host, "address to listen on; 0.0.0.0 for all of this machine")
      ->type_name("ADDRESS")
      ->capture_default_str();
  whole_number(app.add_option("--port", arguments.port, "port, 0 for any that is free"), 0, 65'535)
      ->capture_default_str();
  app.add_option(
         "--token-file", arguments.token_file,
         fmt::format("file with a token that requests must bear; or set {}", kTokenVariable))
      ->type_name("FILE");
  CLI::Option* certificate =
      app.add_option("--tls-cert", http.tls_certificate, "certificate chain for HTTPS, PEM")
          ->type_name("FILE");
  CLI::Option* key =
      app.add_option("--tls-key", http.tls_key, "its private key, PEM")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
}

void add_limit_options(CLI::App& app, ServeArguments& arguments) {
  number(app.add_option("--timeout", arguments.timeout,
                        "seconds for a request to arrive, and for its answer"),
         0.001, 3600)
      ->capture_default_str();
  whole_number(app.add_option("--max-body", arguments.max_body_mb, "MiB of one request"), 1, 1024)
      ->capture_default_str();
  number(app.add_option("--max-megapixels", arguments.max_megapixels, "of an image"), 0.001, 178)
      ->capture_default_str();
  whole_number(app.add_option("--max-connections", arguments.max_connections, "open at a time"), 1,
               10'000)
      ->capture_default_str();
}

}  // namespace

Command add_serve_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("serve", "Answer requests over HTTP, with a page");
  const auto arguments = std::make_shared<ServeArguments>();
  auto& batching = arguments->options.batching;
  app->add_option("WEIGHTS", arguments->models,
                  "weights files or run folders, each as it is or NAME=WEIGHTS")
      ->type_name("")
      ->required();
  add_network_options(*app, *arguments);
  whole_number(app->add_option("--max-batch", batching.max_batch, "images computed together"), 1,
               4096)
      ->capture_default_str();
  number(app->add_option("--max-wait-ms", arguments->max_wait_ms,
                         "milliseconds that images wait for others to be computed with"),
         0, 10'000)
      ->capture_default_str();
  whole_number(app->add_option("--max-queue", batching.max_queue,
                               "images of one model that wait; more are refused"),
               1, 1'000'000)
      ->capture_default_str();
  add_threads_option(*app, arguments->options.threads);
  whole_number(app->add_option("--decoders", arguments->options.decoders,
                               "threads that read requests and decode images"),
               2, 1024)
      ->capture_default_str();
  add_precision_option(*app, arguments->options.precision);
  add_limit_options(*app, *arguments);
  app->add_flag("--quiet", arguments->quiet, "no access log");
  app->footer(
      "Example: alexnet serve runs/fashion, then open http://127.0.0.1:8080/\n"
      "SIGHUP reads the weights again; SIGTERM answers what is under way and ends.");
  return {.app = app, .run = [arguments] { return run_serve(*arguments); }};
}

}  // namespace alexnet::cli
