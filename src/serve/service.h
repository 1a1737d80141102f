#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "serve/executor.h"
#include "serve/http.h"
#include "serve/metrics.h"
#include "serve/model_store.h"
#include "serve/predict_request.h"
#include "serve/router.h"
#include "serve/server.h"
#include "serve/workers.h"

namespace alexnet::serve {

/// A request on its way to its answer.
struct Call {
  std::shared_ptr<const HttpRequest> request;
  Captures captures;
  Reply reply;
};

/// What the server does with requests: the routes, and how each is answered.
class Service : public HttpHandler {
 public:
  Service(std::vector<ModelSource> models, const LoadModel& load, const ServerOptions& options);
  ~Service() override { stop(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  void handle(std::shared_ptr<const HttpRequest> request, Reply reply) override;
  void answered(const HttpRequest& request, const HttpResponse& response) override;
  void turned_away(const HttpRequest& nobody, const HttpResponse& response) override;
  void connections(std::size_t open) override;
  void failed(const std::string& what) override;

  ModelStore& store() { return store_; }
  void reload() { store_.reload(options_.notice, metrics_); }
  /// No longer ready for more.
  void drain() { draining_ = true; }
  /// Ends all threads; what waits is dropped.
  void stop();

 private:
  struct Route {
    std::string_view method;
    std::string_view pattern;
    void (Service::*answer)(const Call&);
    bool open;  // to everybody, also where there is a token
  };
  static std::span<const Route> routes();
  /// The route of a path and method; null where there is none.
  static const Route* find_route(const HttpRequest& request, Captures& captures);

  // pages.cpp
  void page(const Call& call);
  void openapi(const Call& call);
  void metrics(const Call& call);
  // predict_service.cpp
  void list_models(const Call& call);
  void predict(const Call& call);
  void predict_parsed(const Call& call);
  void explain(const Call& call, const PredictRequest& parsed,
               const std::shared_ptr<ServedModel>& model);
  // infer_service.cpp
  void server_metadata(const Call& call);
  void live(const Call& call);
  void ready(const Call& call);
  void model_metadata(const Call& call);
  void model_ready(const Call& call);
  void infer(const Call& call);
  void infer_parsed(const Call& call);

  /// Runs a step on a worker; what it throws is the answer.
  void work(const Call& call, void (Service::*step)(const Call&));
  /// What is thrown in `step` is the answer.
  template <class Step>
  static void guard(const Reply& reply, const Step& step);
  /// Hands a job to the executor; `respond` makes the answer of its result, on a worker.
  void submit(const Call& call, Job job, std::function<HttpResponse(const JobResult&)> respond);
  /// The model of a path. Throws Problem (404).
  std::shared_ptr<ServedModel> model_of(const Call& call) const;

  ServerOptions options_;
  Metrics metrics_;
  Executor executor_;
  ModelStore store_;
  Workers workers_;
  std::atomic<bool> draining_{false};
};

/// The answer to whatever is being thrown.
HttpResponse response_of_exception();

template <class Step>
void Service::guard(const Reply& reply, const Step& step) {
  try {
    step();
  } catch (...) {
    reply(response_of_exception());
  }
}

}  // namespace alexnet::serve
