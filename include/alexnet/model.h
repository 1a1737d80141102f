#pragma once

#include <alexnet/architecture.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/transforms.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace alexnet {

/// A trained network with all that is needed to use it.
struct Model {
  Architecture architecture;
  Parameters parameters;
  std::vector<std::string> classes;  ///< names in label order
  Preprocess preprocess;
  Normalization normalization;
  /// Where it comes from: "data", "epoch", "validation_top1", "version", … for people to read.
  std::map<std::string, std::string> provenance;
};

/// Reads a file that save_model or training wrote (safetensors with our metadata); momentum and
/// other training state in it are left out. Throws Error when it is missing, damaged, not ours, or
/// does not fit its own architecture (name, shape, dtype, NaN).
Model load_model(const std::filesystem::path& path);

/// Writes a safetensors file: torchvision's tensor names, everything else in the metadata. Complete
/// or absent: written aside, synced, renamed. Throws Error.
void save_model(const std::filesystem::path& path, const Model& model);

/// WEIGHTS as users give it: a file, or a run folder, which stands for its best.safetensors.
/// Throws Error when there is neither.
std::filesystem::path find_weights(const std::filesystem::path& weights);

}  // namespace alexnet
