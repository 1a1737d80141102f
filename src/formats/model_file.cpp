#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <utility>

#include "formats/model_metadata.h"

namespace alexnet {
namespace {

constexpr std::string_view kMomentum = "momentum.";

}  // namespace

Model load_model(const std::filesystem::path& path) {
  Safetensors file = read_safetensors(path);
  Model model = model_from_metadata(file.metadata, path.string());
  for (NamedTensor& entry : file.tensors) {
    if (entry.name.starts_with(kMomentum)) continue;
    model.parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  check_fit(model.architecture, model.parameters, path.string());
  return model;
}

void save_model(const std::filesystem::path& path, const Model& model) {
  check_fit(model.architecture, model.parameters, "this model cannot be saved");
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : model.parameters) {
    tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(path, tensors, model_metadata(model));
}

std::filesystem::path find_weights(const std::filesystem::path& weights) {
  if (!std::filesystem::exists(weights)) {
    throw Error(
        fmt::format("there is no {}; name a weights file or a run folder", weights.string()));
  }
  if (!std::filesystem::is_directory(weights)) return weights;
  std::filesystem::path best = weights / "best.safetensors";
  if (!std::filesystem::exists(best)) {
    throw Error(
        fmt::format("there is no best.safetensors in {}; it is written after a run's first epoch",
                    weights.string()));
  }
  return best;
}

}  // namespace alexnet
