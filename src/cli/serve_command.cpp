#include <alexnet/error.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/precision_note.h"
#include "cli/serve_arguments.h"
#include "cli/serve_signals.h"
#include "cli/service_manager.h"
#include "cli/weights.h"
#include "serve/log_writer.h"
#include "serve/server.h"

namespace alexnet::cli {
namespace {

using serve::ModelSource;
using serve::Server;
using serve::ServerOptions;

// SIGHUP reloads the weights; SIGINT and SIGTERM answer the requests in progress and end.
int serve_until_stopped(Server& server, ServeSignals& signals) {
  tell_service_manager("READY=1");
  while (signals.wait_for_reload()) {
    tell_service_manager("RELOADING=1");
    server.reload();
    tell_service_manager("READY=1");
  }
  constexpr std::chrono::milliseconds kPause{10};
  while (!server.drained()) std::this_thread::sleep_for(kPause);
  return kDone;
}

// Nothing here waits for who reads it.
void print_start(const Server& server, const ServerOptions& options, serve::LogWriter& out) {
  for (const auto& model : server.models()) {
    options.notice(
        fmt::format("{}: {}, {} classes", model->name, model->weights, model->classes()));
    for (const std::string& note : wider_layer_notes(model->plan->layers())) options.notice(note);
  }
  const std::string& host = options.http.host;
  const bool ip6 = host.find(':') != std::string::npos;
  out.write(fmt::format("{}://{}{}{}:{}/", options.http.tls_certificate.empty() ? "http" : "https",
                        ip6 ? "[" : "", host, ip6 ? "]" : "", server.port()));
  const bool loopback = host.starts_with("127.") || host == "::1" || host == "localhost";
  if (!loopback && options.token.empty()) {
    options.notice(fmt::format(
        "note: everyone who can reach {} can use this server; --token-file restricts that", host));
  }
}

// Large blocks of memory, such as bodies and images, go back to the system when they are freed. By
// default glibc keeps up to 64 MiB of them for each thread that once had one.
void give_memory_back() {
  constexpr int kLarge = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kLarge);
  mallopt(M_TRIM_THRESHOLD, kLarge);
}

int run_serve(const ServeArguments& arguments) {
  give_memory_back();
  std::vector<ModelSource> models = model_sources(arguments);
  ServerOptions options = server_options(arguments);
  if (const std::optional<PassedSocket> socket = passed_socket()) {
    options.http.listener = socket->descriptor;
    options.http.host = socket->host;
  }
  ServeSignals signals;
  serve::LogWriter out(STDOUT_FILENO);
  serve::LogWriter log(STDERR_FILENO);
  const auto say = [&log](std::string_view line) { log.write(line); };
  options.notice = say;
  if (!arguments.quiet) options.access_log = say;
  const auto load = [&](const std::string& weights) {
    return open_weights(weights, {}, say).model;
  };
  Server server(std::move(models), load, options);
  signals.on_stop([&] {
    tell_service_manager("STOPPING=1");
    log.write("stopping: answering the requests in progress");
    server.drain();
  });
  print_start(server, options, out);
  return serve_until_stopped(server, signals);
}

}  // namespace

Command add_serve_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("serve", "Answer requests over HTTP, with a page");
  const auto arguments = std::make_shared<ServeArguments>();
  add_serve_arguments(*app, *arguments);
  app->footer(
      "Example: alexnet serve runs/fashion, then open http://127.0.0.1:8080/\n"
      "SIGHUP reloads weights and certificate, or ends where it is a terminal's; SIGTERM answers\n"
      "the requests in progress and ends.");
  return {.app = app, .run = [arguments] { return run_serve(*arguments); }};
}

}  // namespace alexnet::cli
