#include "serve/api/server_state.h"

#include <fmt/format.h>

#include <utility>

namespace alexnet::serve {

ServerState::ServerState(std::vector<ModelSource> models, const LoadModel& load,
                         ServerOptions server_options, std::string openapi_document)
    : options(std::move(server_options)),
      openapi(std::move(openapi_document)),
      executor(options.batching,
               [this](const BatchRecord& batch) {
                 metrics.observe_batch(batch.model, batch.images, batch.seconds);
               }),
      store(std::move(models), load,
            {{.engine = options.engine,
              .max_batch = options.batching.max_batch,
              .threads = options.threads},
             options.precision},
            executor),
      workers(options.decoders, static_cast<std::size_t>(options.batching.max_queue)) {
  for (const auto& model : store.all()) metrics.add_model(model->name);
}

void ServerState::reload() {
  store.reload([this](const auto& model, const auto& reloaded) { report(model, reloaded); });
}

void ServerState::load(const std::string& model) {
  store.load(model, [this](const auto& source, const auto& loaded) { report(source, loaded); });
}

void ServerState::report(const ModelSource& model, const Reloaded& reloaded) {
  metrics.count_reload(model.name, reloaded.error.empty());
  if (!reloaded.error.empty()) {
    return options.notice(fmt::format("{}: {} failed: {}", model.name,
                                      reloaded.again ? "keeps its weights, reloading" : "loading",
                                      reloaded.error));
  }
  options.notice(
      fmt::format("{}: {} {}", model.name, reloaded.again ? "reloaded" : "loaded", model.weights));
  if (!reloaded.classes.empty()) {
    options.notice(fmt::format("{}: warning: {}", model.name, reloaded.classes));
  }
}

void ServerState::stop() {
  executor.stop();  // first: what it has computed goes to the workers
  workers.stop();
}

}  // namespace alexnet::serve
