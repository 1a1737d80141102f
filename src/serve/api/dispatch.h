#pragma once

#include <alexnet/error.h>

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "serve/api/endpoint.h"
#include "serve/api/times.h"
#include "serve/http/problem.h"

/// What handlers hand to other threads.
namespace alexnet::serve {

/// Runs `step`; an exception that it throws becomes the reply.
template <class Step>
void reply_on_error(const Reply& reply, const Step& step) {
  try {
    step();
  } catch (...) {
    reply(response_of_exception());
  }
}

/// Runs `step` on an image that was read well: what the library finds wrong there is the model
/// (500).
template <class Step>
void blame_model(const Step& step) {
  try {
    step();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    throw Problem(500, error.what());
  }
}

/// Replies with what `respond` returns or throws, and counts it as the result of a request that was
/// queued.
void reply_with_result(const Reply& reply, ServerState& state, const std::string& model,
                       const std::function<HttpResponse()>& respond);

HttpResponse json_response(const nlohmann::json& body);

/// Runs the rest of a handler on a worker, where the body is decompressed first. Throws Problem
/// (503) when too many requests wait.
void run_on_worker(const Call& call, ServerState& state, Handler rest);

/// Hands a job to the executor, and replies with what `respond` makes of its result on a worker.
/// Throws Problem (503) when the model's queue is full.
void submit(const Call& call, ServerState& state, Job job,
            std::function<HttpResponse(const JobResult&)> respond);
/// Work on images that is not computed in batches; what a step throws is the reply.
struct LoneWork {
  std::shared_ptr<ServedModel> model;
  int images = 1;
  double decode_seconds = 0;
  std::function<void()> compute;                            ///< on the executor's thread
  std::function<HttpResponse(const Times& times)> respond;  ///< then, on a worker
};
/// Hands it to the executor. Throws Problem (503) when the model's queue is full.
void submit(const Call& call, ServerState& state, LoneWork work);

/// The model that the path names. Throws Problem (404).
std::shared_ptr<ServedModel> model_of_path(const Call& call, const ServerState& state);

}  // namespace alexnet::serve
