#include "serve/model_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {

ModelStore::ModelStore(std::vector<ModelSource> sources, LoadModel load, PlanOptions plan,
                       Executor& executor)
    : sources_(std::move(sources)),
      load_(std::move(load)),
      plan_(std::move(plan)),
      executor_(executor) {
  for (const ModelSource& source : sources_) {
    const bool taken =
        std::ranges::any_of(models_, [&](const auto& model) { return model->name == source.name; });
    if (taken) {
      throw Error(fmt::format("two models are called '{}'; give one another name, NAME={}",
                              source.name, source.weights));
    }
    models_.push_back(this->load(source));
  }
}

// Reading stays on this thread; compiling goes where plans run, as the engine's threads belong to
// that one.
std::shared_ptr<ServedModel> ModelStore::load(const ModelSource& source) const {
  Model model = load_(source.weights);
  take_out_of_file(model.parameters);
  std::shared_ptr<ServedModel> served;
  executor_.run_first(
      [&] { served = make_served_model(source.name, source.weights, std::move(model), plan_); });
  return served;
}

std::shared_ptr<ServedModel> ModelStore::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return models_.front();
  const auto found =
      std::ranges::find_if(models_, [&](const auto& model) { return model->name == name; });
  if (found == models_.end()) {
    throw Problem(404, fmt::format("there is no model '{}'", to_shown(name)));
  }
  return *found;
}

std::vector<std::shared_ptr<ServedModel>> ModelStore::all() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

void ModelStore::reload(const Notice& notice, Metrics& metrics) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const ModelSource& source = sources_[i];
    try {
      auto fresh = load(source);
      {
        const std::lock_guard lock(mutex_);
        std::swap(models_[i], fresh);
      }
      metrics.count_reload(source.name, true);
      notice(fmt::format("{}: read {} again", source.name, source.weights));
    } catch (const std::exception& error) {
      metrics.count_reload(source.name, false);
      notice(fmt::format("{}: keeps the weights that it has: {}", source.name, error.what()));
    }
  }
}

}  // namespace alexnet::serve
