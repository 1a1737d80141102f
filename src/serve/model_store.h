#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/executor.h"
#include "serve/metrics.h"
#include "serve/served_model.h"

namespace alexnet::serve {

/// A model to serve: its name in requests, and where its weights are.
struct ModelSource {
  std::string name;
  std::string weights;
};

/// Reads the weights that a user named. Throws Error.
using LoadModel = std::function<Model(const std::string& weights)>;
/// Takes a line for whoever looks after the server.
using Notice = std::function<void(const std::string&)>;

/// The models by name, and their reloading.
class ModelStore {
 public:
  /// Loads all of them. Throws Error when one cannot be, or two have the same name.
  ModelStore(std::vector<ModelSource> sources, LoadModel load, PlanOptions plan,
             Executor& executor);

  /// The first, for an empty name. Throws Problem (404).
  std::shared_ptr<ServedModel> find(const std::string& name) const;
  std::vector<std::shared_ptr<ServedModel>> all() const;
  /// Reads all weights again and puts them in place; one that cannot be read stays as it was.
  void reload(const Notice& notice, Metrics& metrics);

 private:
  std::shared_ptr<ServedModel> load(const ModelSource& source) const;

  std::vector<ModelSource> sources_;
  LoadModel load_;
  PlanOptions plan_;
  Executor& executor_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<ServedModel>> models_;  // in the order of the sources
};

}  // namespace alexnet::serve
