#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "serve/batching/executor.h"
#include "serve/batching/served_model.h"

namespace alexnet::serve {

/// A model to serve: its name in requests, and the file or run folder of its weights.
struct ModelSource {
  std::string name;
  std::string weights;
};

/// Reads weights from a file or run folder. Throws Error.
using LoadModel = std::function<Model(const std::string& weights)>;
struct Reloaded {
  std::string error;    ///< empty where it succeeded
  bool again = false;   ///< it was loaded before
  std::string classes;  ///< how they differ from those before, in words; empty: not at all
};
/// Called after each model of a reload.
using ReloadReport = std::function<void(const ModelSource& model, const Reloaded& reloaded)>;

/// The models by name, in the order of their sources.
class ModelStore {
 public:
  /// Loads all of them. Throws Error when one cannot be, or two have the same name.
  ModelStore(std::vector<ModelSource> sources, LoadModel load, InferenceOptions plan,
             Executor& executor);

  /// The first that is loaded, for an empty name. Throws Problem (404).
  std::shared_ptr<ServedModel> find(const std::string& name) const;
  /// Those that are loaded.
  std::vector<std::shared_ptr<ServedModel>> all() const;
  /// All that there are, and whether they are loaded.
  std::vector<std::pair<std::string, bool>> names() const;
  /// Reads all weights that are loaded again; a model whose weights cannot be read keeps those that
  /// it has.
  void reload(const ReloadReport& report);
  /// Reads a model's weights, also again. Throws Error when they cannot be read, Problem (404)
  /// where there is no such model.
  void load(const std::string& name, const ReloadReport& report);
  /// Forgets a model's weights; requests in progress finish. Throws Problem (404).
  void unload(const std::string& name);

 private:
  std::shared_ptr<ServedModel> read(const ModelSource& source) const;
  /// Reads the weights of a source. Throws Error.
  Reloaded replace(std::size_t index);
  std::size_t index_of(const std::string& name) const;
  bool is_loaded(std::size_t index) const;

  std::vector<ModelSource> sources_;
  LoadModel load_;
  InferenceOptions plan_;
  Executor& executor_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<ServedModel>> models_;  // of each source; null: not loaded
  std::mutex loading_;  // held while weights are read: one after the other
};

}  // namespace alexnet::serve
