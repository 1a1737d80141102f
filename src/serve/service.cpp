#include "serve/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>

#include "serve/access_log.h"
#include "serve/bearer.h"
#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {
namespace {

// What can be counted by itself; anything else is "other", so that clients cannot make up series.
std::string_view known_method(std::string_view method) {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    if (method == known) return known;
  }
  return "other";
}

void check(const JobResult& result) {
  if (!result.error.empty()) throw Problem(result.status, result.error);
  const bool finite =
      std::ranges::all_of(result.log_probabilities, [](float x) { return std::isfinite(x); });
  if (!finite) {
    throw Problem(422, "the network's output is not finite: the input is far out of range");
  }
}

bool has_body(const HttpRequest& head) {
  const std::string_view length = head.header("Content-Length");
  return !head.header("Transfer-Encoding").empty() || (!length.empty() && length != "0");
}

}  // namespace

HttpResponse response_of_exception() {
  try {
    throw;
  } catch (const Problem& problem) {
    return to_response(problem);
  } catch (const Error& error) {
    return to_response(Problem(422, error.what()));
  } catch (const std::bad_alloc&) {
    return to_response(busy("there is not enough memory for this request now"));
  } catch (const std::exception& error) {
    return to_response(Problem(500, error.what()));
  }
}

Service::Service(std::vector<ModelSource> models, const LoadModel& load,
                 const ServerOptions& options)
    : options_(options),
      executor_(options.batching,
                [this](const BatchRecord& batch) {
                  metrics_.observe_batch(batch.model, batch.images, batch.seconds);
                }),
      store_(std::move(models), load,
             {.max_batch = options.batching.max_batch,
              .threads = options.threads,
              .precision = options.precision},
             executor_),
      workers_(options.decoders, static_cast<std::size_t>(options.batching.max_queue)) {
  for (const auto& model : store_.all()) metrics_.add_model(model->name);
}

void Service::stop() {
  executor_.stop();  // what it has computed goes to the workers
  workers_.stop();
}

std::span<const Service::Route> Service::routes() {
  static constexpr auto kRoutes = std::to_array<Route>({
      {"GET", "/", &Service::page, true},
      {"GET", "/page.css", &Service::page, true},
      {"GET", "/page.js", &Service::page, true},
      {"GET", "/drawings.js", &Service::page, true},
      {"GET", "/icon.svg", &Service::page, true},
      {"GET", "/openapi.json", &Service::openapi, true},
      {"GET", "/metrics", &Service::metrics, false},
      {"GET", "/v1/models", &Service::list_models, false},
      {"POST", "/v1/predict", &Service::predict, false},
      {"GET", "/v2", &Service::server_metadata, false},
      {"GET", "/v2/health/live", &Service::live, true},
      {"GET", "/v2/health/ready", &Service::ready, true},
      {"GET", "/v2/models/{model}", &Service::model_metadata, false},
      {"GET", "/v2/models/{model}/ready", &Service::model_ready, false},
      {"POST", "/v2/models/{model}/infer", &Service::infer, false},
      {"GET", "/v2/models/{model}/versions/{version}", &Service::model_metadata, false},
      {"GET", "/v2/models/{model}/versions/{version}/ready", &Service::model_ready, false},
      {"POST", "/v2/models/{model}/versions/{version}/infer", &Service::infer, false},
  });
  return kRoutes;
}

const Service::Route* Service::find_route(const HttpRequest& request, Captures& captures) {
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : routes()) {
    if (route.method != method) continue;
    if (auto found = match(route.pattern, request.segments)) {
      captures = std::move(*found);
      return &route;
    }
  }
  return nullptr;
}

std::optional<HttpResponse> Service::refuse(const HttpRequest& head) {
  Captures captures;
  const Route* route = find_route(head, captures);
  if (route == nullptr) {
    const auto other = std::ranges::find_if(
        routes(), [&](const Route& r) { return match(r.pattern, head.segments).has_value(); });
    if (other == routes().end()) {
      return to_response(
          Problem(404, fmt::format("there is no {}; see /openapi.json", to_shown(head.target))));
    }
    const std::string allowed = other->method == "GET" ? "GET, HEAD" : "POST";
    return to_response(
        Problem(405, fmt::format("the method is not {}", allowed), {{"Allow", allowed}}));
  }
  if (!options_.token.empty() && !route->open &&
      !bears(head.header("Authorization"), options_.token)) {
    return to_response(Problem(401, "a token is needed: Authorization: Bearer TOKEN",
                               {{"WWW-Authenticate", "Bearer"}}));
  }
  if (route->method == "GET" && has_body(head)) {
    return to_response(Problem(400, fmt::format("{} has no body here", head.method)));
  }
  const std::string_view encoding = head.header("Content-Encoding");
  if (!encoding.empty() && media_type(encoding) != "identity") {
    return to_response(
        Problem(415, "compressed bodies are not understood", {{"Accept-Encoding", "identity"}}));
  }
  return std::nullopt;
}

void Service::handle(std::shared_ptr<const HttpRequest> request, Reply reply) {
  Call call{.request = std::move(request), .captures = {}, .reply = std::move(reply)};
  const Route* route = find_route(*call.request, call.captures);
  guard(call.reply, [&] { (this->*route->answer)(call); });
}

void Service::answered(const HttpRequest& request, const HttpResponse& response) {
  Captures captures;
  const Route* route = find_route(request, captures);
  const std::chrono::duration<double> time = Clock::now() - request.received;
  metrics_.count_request(route == nullptr ? "none" : route->pattern, known_method(request.method),
                         response.status, time.count());
  if (options_.access_log) options_.access_log(access_line(request, response));
}

void Service::turned_away(const HttpRequest& nobody, const HttpResponse& response) {
  metrics_.count_refused_connection();
  if (options_.access_log) options_.access_log(access_line(nobody, response));
}

void Service::connections(std::size_t open) {
  metrics_.set_connections(open);
}

void Service::failed(const std::string& what) {
  options_.notice(what);
}

void Service::work(const Call& call, void (Service::*step)(const Call&)) {
  constexpr std::size_t kLightBody = 262'144;  // bytes
  const Load load = call.request->body.size() > kLightBody ? Load::heavy : Load::light;
  const bool room = workers_.post(
      [this, call, step] {
        guard(call.reply, [&] {
          check_patience(call.request->patience);
          (this->*step)(call);
        });
      },
      load);
  if (!room) throw busy("too many requests wait to be read; try again");
}

void Service::submit(const Call& call, Job job,
                     std::function<HttpResponse(const JobResult&)> respond) {
  const std::string model = job.model->name;
  job.done = [this, model, reply = call.reply, respond = std::move(respond)](JobResult result) {
    metrics_.observe_queue(model, result.queue_seconds);
    workers_.post_last_step([reply, respond, result = std::move(result)] {
      guard(reply, [&] {
        check(result);
        reply(respond(result));
      });
    });
  };
  if (!executor_.submit(std::move(job))) {
    throw busy(fmt::format("as many images wait for '{}' as may; try again", model));
  }
}

std::shared_ptr<ServedModel> Service::model_of(const Call& call) const {
  const std::string& name = call.captures.find("model")->second;
  if (name.empty()) throw Problem(404, "the path names no model");
  const auto version = call.captures.find("version");
  if (version != call.captures.end() && version->second != "1") {
    throw Problem(404, fmt::format("'{}' has one version, 1", to_shown(name)));
  }
  return store_.find(name);
}

}  // namespace alexnet::serve
