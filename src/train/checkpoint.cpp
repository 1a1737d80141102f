#include "train/checkpoint.h"

#include <alexnet/error.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/json.h"
#include "core/json_fields.h"
#include "core/system_error.h"
#include "formats/common/mean_image.h"
#include "formats/common/model_metadata.h"
#include "train/gathered_file.h"

namespace alexnet {
namespace {

using nlohmann::json;
using Metadata = std::map<std::string, std::string>;

constexpr const char* kState = "training";
constexpr const char* kData = "trained_on";
constexpr std::string_view kMomentum = "momentum.";

void visit_mean(RunningMean& mean, auto& visit, const std::string& prefix) {
  visit((prefix + "_loss_sum").c_str(), mean.loss_sum);
  visit((prefix + "_correct").c_str(), mean.correct);
  visit((prefix + "_images").c_str(), mean.images);
}

void visit_fields(TrainState& state, auto& visit) {
  visit("step", state.step);
  visit("epoch", state.epoch);
  visit("batch", state.batch);
  visit_mean(state.epoch_mean, visit, "epoch");
  visit_mean(state.log_mean, visit, "log");
  visit("log_seconds", state.log_seconds);
  visit("log_wait_seconds", state.log_wait_seconds);
  visit("epoch_seconds", state.epoch_seconds);
  visit("best_top1", state.best_top1);
  visit("best_loss", state.best_loss);
  visit("plateau_best_loss", state.plateau.best);  // or error
  visit("plateau_epochs_without_gain", state.plateau.epochs_without_gain);
  visit("plateau_divisions", state.plateau.divisions);
  visit("plateau_factor", state.plateau.factor);
  visit("metrics_bytes", state.metrics_bytes);
  visit("finished", state.finished);
}

TrainState state_from_metadata(const Metadata& metadata, const std::string& source) {
  const auto found = metadata.find(kState);
  if (found == metadata.end()) {
    throw Error(fmt::format(
        "{}: holds weights but no training state; training can only resume from a last.safetensors",
        source));
  }
  const std::string where = fmt::format("{}: metadata '{}'", source, kState);
  json object = parse_json(found->second, where);
  // Of earlier versions, which divided any number of times and did not keep the best loss.
  if (object.is_object()) {
    object.emplace("plateau_divisions", 0);
    object.emplace("best_loss", 0.0);
  }
  TrainState state;
  FieldReader reader(object, where);
  visit_fields(state, reader);
  reader.finish();
  return state;
}

// The whole of what a rank may have some rows of.
void add_tensors(std::vector<TensorInFile>& tensors, const Architecture& architecture,
                 const Parameters& parameters, std::string_view prefix) {
  const std::vector<ParameterSpec> specs = architecture.parameters();
  for (const NamedTensor& entry : parameters) {
    const auto spec = std::ranges::find(specs, entry.name, &ParameterSpec::name);
    tensors.push_back({fmt::format("{}{}", prefix, entry.name), spec->shape});
  }
}

void add_mean_image(std::vector<TensorInFile>& tensors, const Model& model) {
  const auto& image = model.normalization.mean_image;
  if (image) tensors.push_back({std::string(kMeanImage), mean_image_view(*image).tensor.shape});
}

void write_mean_image(GatheredFile& file, const Model& model) {
  const auto& image = model.normalization.mean_image;
  if (image) file.write(image->values);
}

}  // namespace

void RunningMean::add(const StepResult& step, int count) {
  loss_sum += step.loss * count;
  correct += step.correct;
  images += count;
}

double RunningMean::loss() const {
  return images == 0 ? 0.0 : loss_sum / static_cast<double>(images);
}

double RunningMean::accuracy() const {
  return images == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(images);
}

void save_checkpoint(const std::filesystem::path& path, const Model& model,
                     const TrainingPlan& plan, const TrainState& state, const DataRecord& data,
                     const Division& division) {
  Metadata metadata = model_metadata(model);
  FieldWriter writer;
  TrainState copy = state;
  visit_fields(copy, writer);
  metadata[kState] = to_text(writer.take());
  metadata[kData] = to_text(data);
  std::vector<TensorInFile> tensors;
  add_tensors(tensors, model.architecture, plan.parameters(), "");
  add_tensors(tensors, model.architecture, plan.momentum(), kMomentum);
  add_mean_image(tensors, model);
  GatheredFile file(path, tensors, metadata, model.architecture, division);
  file.write(plan.parameters());
  file.write(plan.momentum());
  write_mean_image(file, model);
  file.commit();
}

Checkpoint load_checkpoint(const std::filesystem::path& path, const Architecture& architecture) {
  const std::string source = path.string();
  Safetensors file = read_safetensors(path);
  Checkpoint checkpoint{.state = state_from_metadata(file.metadata, source)};
  if (model_from_metadata(file.metadata, source).architecture != architecture) {
    throw Error(fmt::format("{}: its network is not the one to be trained", source));
  }
  for (NamedTensor& entry : file.tensors) {
    if (entry.name.starts_with(kMomentum)) {
      checkpoint.momentum.add(entry.name.substr(kMomentum.size()), std::move(entry.tensor));
    } else if (entry.name != kMeanImage) {
      checkpoint.parameters.add(entry.name, std::move(entry.tensor));
    }
  }
  check_fit(architecture, checkpoint.parameters, source);
  check_fit(architecture, checkpoint.momentum, source + ", momentum");
  return checkpoint;
}

TrainState load_train_state(const std::filesystem::path& path) {
  return state_from_metadata(read_safetensors_metadata(path), path.string());
}

std::optional<DataRecord> load_data_record(const std::filesystem::path& path) {
  const Metadata metadata = read_safetensors_metadata(path);
  const auto found = metadata.find(kData);
  if (found == metadata.end()) return std::nullopt;
  return parse_data_record(found->second, fmt::format("{}: metadata '{}'", path.string(), kData));
}

Architecture load_architecture(const std::filesystem::path& path) {
  return model_from_metadata(read_safetensors_metadata(path), path.string()).architecture;
}

std::vector<std::string> load_classes(const std::filesystem::path& path) {
  return model_from_metadata(read_safetensors_metadata(path), path.string()).classes;
}

bool holds_checkpoint(const std::filesystem::path& run_folder) {
  return std::filesystem::exists(run_folder / kLastFile) ||
         std::filesystem::exists(run_folder / kPendingFile);
}

void take_up_pending(const std::filesystem::path& run_folder) {
  const std::filesystem::path pending = run_folder / kPendingFile;
  if (!std::filesystem::exists(pending)) return;
  std::error_code error;
  std::filesystem::rename(pending, run_folder / kLastFile, error);
  if (error) throw system_error(fmt::format("cannot rename {}", pending.string()), error);
}

void save_weights(const std::filesystem::path& path, const Model& model,
                  const Parameters& parameters, const Division& division) {
  std::vector<TensorInFile> tensors;
  add_tensors(tensors, model.architecture, parameters, "");
  add_mean_image(tensors, model);
  GatheredFile file(path, tensors, model_metadata(model), model.architecture, division);
  file.write(parameters);
  write_mean_image(file, model);
  file.commit();
}

std::shared_ptr<const MeanImage> load_mean_image(const std::filesystem::path& path) {
  const Safetensors file = read_safetensors(path);
  return to_mean_image(file.tensors.at(kMeanImage), path.string());
}

}  // namespace alexnet
