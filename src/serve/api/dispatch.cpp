#include "serve/api/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/json.h"
#include "infer/finite.h"
#include "serve/http/content_coding.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

// Only tensors can be out of range: pixels never are.
void check(const JobResult& result, InputKind kind) {
  if (result.error) std::rethrow_exception(result.error);
  if (kind == InputKind::bytes) {
    blame_model([&] { require_finite(result.log_probabilities, "the network's output"); });
  } else if (!std::ranges::all_of(result.log_probabilities,
                                  [](float x) { return std::isfinite(x); })) {
    throw Problem(422,
                  "the network's output is not finite: the input is far out of range, or the "
                  "weights are damaged");
  }
}

Problem queue_full(const std::string& model) {
  return unavailable(fmt::format("the queue of '{}' is full; try again", model));
}

}  // namespace

HttpResponse json_response(const nlohmann::json& body) {
  return {.body = to_text(body)};
}

void reply_with_result(const Reply& reply, ServerState& state, const std::string& model,
                       const std::function<HttpResponse()>& respond) {
  HttpResponse response;
  try {
    response = respond();
  } catch (...) {
    response = response_of_exception();
  }
  constexpr int kFirstError = 400;
  state.metrics.count_inference(model, response.status < kFirstError);
  reply(std::move(response));
}

void run_on_worker(const Call& call, ServerState& state, Handler rest) {
  constexpr std::size_t kSmallBody = 262'144;  // bytes
  const TaskSize size = call.request->body.size() > kSmallBody ? TaskSize::large : TaskSize::small;
  const bool accepted = state.workers.post(
      [call, &state, rest] {
        reply_on_error(call.reply, [&] {
          throw_if_cancelled(call.request->cancellation);
          Call decoded = call;
          decoded.request = decode_body(call.request, state.options.http);
          rest(decoded, state);
        });
      },
      size);
  if (!accepted) throw unavailable("too many requests wait to be parsed; try again");
}

void submit(const Call& call, ServerState& state, Job job,
            std::function<HttpResponse(const JobResult&)> respond) {
  const std::string model = job.model->name;
  const InputKind kind = job.kind;
  job.done = [&state, model, kind, reply = call.reply,
              respond = std::move(respond)](JobResult result) {
    state.metrics.observe_queue(model, result.queue_seconds);
    state.workers.post_completion(
        [&state, model, kind, reply, respond, result = std::move(result)] {
          reply_with_result(reply, state, model, [&] {
            check(result, kind);
            return respond(result);
          });
        });
  };
  if (!state.executor.submit(std::move(job))) throw queue_full(model);
}

void submit(const Call& call, ServerState& state, LoneWork work) {
  const auto shared = std::make_shared<const LoneWork>(std::move(work));
  const std::string& model = shared->model->name;
  state.metrics.observe_decode(model, shared->decode_seconds);
  const auto submitted = Clock::now();
  const auto waited = [&state, &model, submitted] {
    const double seconds = to_seconds(Clock::now() - submitted);
    state.metrics.observe_queue(model, seconds);
    return seconds;
  };
  const auto reply_with = [&state, shared, reply = call.reply](const auto& respond) {
    reply_with_result(reply, state, shared->model->name, respond);
  };
  const auto run = [&state, shared, waited, reply_with] {
    Times times{.decode = shared->decode_seconds, .queue = waited(), .compute = 0};
    const auto begin = Clock::now();
    try {
      shared->compute();
    } catch (...) {
      return reply_with([]() -> HttpResponse { throw; });
    }
    times.compute = to_seconds(Clock::now() - begin);
    state.metrics.observe_batch(shared->model->name, shared->images, times.compute);
    state.workers.post_completion(
        [shared, reply_with, times] { reply_with([&] { return shared->respond(times); }); });
  };
  const auto cancelled = [waited, reply_with] {
    waited();
    reply_with([]() -> HttpResponse {
      throw Problem(504, "the deadline passed before the images could be computed");
    });
  };
  const bool accepted = state.executor.submit(Task{.model = shared->model,
                                                   .cancellation = call.request->cancellation,
                                                   .run = run,
                                                   .cancelled = cancelled});
  if (!accepted) throw queue_full(model);
}

std::shared_ptr<ServedModel> model_of_path(const Call& call, const ServerState& state) {
  const std::string& name = call.path.at("model");
  if (name.empty()) throw Problem(404, "the path names no model");
  const auto version = call.path.find("version");
  if (version != call.path.end() && version->second != "1") {
    throw Problem(404, fmt::format("'{}' has one version, 1", to_printable(name)));
  }
  return state.store.find(name);
}

}  // namespace alexnet::serve
