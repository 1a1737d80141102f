#include "serve/batching/model_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/name_list.h"
#include "infer/matched_set.h"
#include "model/class_map.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

std::string change_of_classes(const std::vector<std::string>& before,
                              const std::vector<std::string>& now) {
  if (before == now) return "";
  try {
    const ClassMap map = map_classes(now, before);
    if (!map.by_name) return "none of its classes has its name any more";
    if (map.unknown.empty() && map.missing == 0) return "its classes are in another order";
    return fmt::format("{} of its classes are new ({}), {} are gone", map.unknown.size(),
                       some_names(map.unknown), map.missing);
  } catch (const Error&) {
    return "its classes are all others";
  }
}

}  // namespace

ModelStore::ModelStore(std::vector<ModelSource> sources, LoadModel load, InferenceOptions plan,
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
    models_.push_back(read(source));
  }
}

// Reads on this thread and compiles on the executor's: the engine's threads are tied to the thread
// that compiles and runs.
std::shared_ptr<ServedModel> ModelStore::read(const ModelSource& source) const {
  Model model = load_(source.weights);
  copy_borrowed(model.parameters);
  std::shared_ptr<ServedModel> served;
  executor_.run_first([&] {
    served = make_served_model(source.name, source.weights, std::move(model), plan_, load_);
  });
  return served;
}

std::size_t ModelStore::index_of(const std::string& name) const {
  const auto found = std::ranges::find(sources_, name, &ModelSource::name);
  if (found == sources_.end()) {
    throw Problem(404, fmt::format("there is no model '{}'; /v1/models lists those that there are",
                                   to_printable(name)));
  }
  return static_cast<std::size_t>(found - sources_.begin());
}

std::shared_ptr<ServedModel> ModelStore::find(const std::string& name) const {
  if (name.empty()) {
    const auto loaded = all();
    if (loaded.empty()) throw Problem(404, "no model is loaded");
    return loaded.front();
  }
  const std::size_t index = index_of(name);
  const std::scoped_lock lock(mutex_);
  if (!models_[index]) throw Problem(404, fmt::format("the model '{}' is not loaded", name));
  return models_[index];
}

std::vector<std::shared_ptr<ServedModel>> ModelStore::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<ServedModel>> loaded;
  std::ranges::copy_if(models_, std::back_inserter(loaded),
                       [](const auto& model) { return model != nullptr; });
  return loaded;
}

bool ModelStore::is_loaded(std::size_t index) const {
  const std::scoped_lock lock(mutex_);
  return models_[index] != nullptr;
}

std::vector<std::pair<std::string, bool>> ModelStore::names() const {
  std::vector<std::pair<std::string, bool>> names;
  names.reserve(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    names.emplace_back(sources_[i].name, is_loaded(i));
  }
  return names;
}

Reloaded ModelStore::replace(std::size_t index) {
  auto fresh = read(sources_[index]);
  Reloaded reloaded{.again = is_loaded(index)};
  const std::scoped_lock lock(mutex_);
  if (models_[index]) {
    reloaded.classes = change_of_classes(models_[index]->model.classes, fresh->model.classes);
  }
  std::swap(models_[index], fresh);
  return reloaded;
}

void ModelStore::reload(const ReloadReport& report) {
  const std::scoped_lock one_at_a_time(loading_);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!is_loaded(i)) continue;
    Reloaded reloaded{.again = true};
    try {
      reloaded = replace(i);
    } catch (const std::exception& error) {
      reloaded.error = error.what();
    }
    report(sources_[i], reloaded);
  }
}

void ModelStore::load(const std::string& name, const ReloadReport& report) {
  const std::size_t index = index_of(name);
  const std::scoped_lock one_at_a_time(loading_);
  try {
    report(sources_[index], replace(index));
  } catch (const std::exception& error) {
    report(sources_[index], {.error = error.what(), .again = is_loaded(index)});
    throw;
  }
}

void ModelStore::unload(const std::string& name) {
  const std::size_t index = index_of(name);
  std::shared_ptr<ServedModel> last;  // destroyed outside the lock
  const std::scoped_lock lock(loading_, mutex_);
  std::swap(models_[index], last);
}

}  // namespace alexnet::serve
