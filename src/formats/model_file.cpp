#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>

#include "core/run_files.h"
#include "formats/common/mean_image.h"
#include "formats/common/model_metadata.h"
#include "formats/file_format.h"
#include "formats/safetensors/file.h"

namespace alexnet {
namespace {

// A run's, and those of a folder from Hugging Face.
constexpr std::array<std::string_view, 5> kOfFolders{
    kBestFile, "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json"};

// In the order of the layers.
std::vector<NamedView> views_of(const Model& model) {
  std::vector<NamedView> tensors;
  for (const ParameterSpec& spec : model.architecture.parameters()) {
    tensors.push_back({spec.name, {spec.shape, model.parameters.at(spec.name).values()}});
  }
  return tensors;
}

void write_as_stored(const std::filesystem::path& path, const Model& model) {
  std::vector<TensorToStore> tensors;
  for (const ParameterSpec& spec : model.architecture.parameters()) {
    tensors.push_back({spec.name, model.parameters.at(spec.name)});
  }
  std::vector<NamedView> more;
  const MeanImage* const mean = model.normalization.mean_image.get();
  if (mean != nullptr) more.push_back(mean_image_view(*mean));
  write_stored(path, tensors, more, model_metadata(model));
}

}  // namespace

void save_model(const std::filesystem::path& path, const Model& model) {
  check_fit(model.architecture, model.parameters, "this model cannot be saved");
  switch (format_of_extension(path)) {
    case FileFormat::safetensors:
      return write_as_stored(path, model);
    case FileFormat::pytorch:
      return write_pytorch(path, views_of(model));
    case FileFormat::onnx:
      return write_onnx(path, model);
    case FileFormat::caffe:
    case FileFormat::matlab:
      break;
  }
  throw Error(fmt::format("{}: formats of Caffe and MATLAB can be read but not written; name it "
                          ".safetensors, .pth or .onnx",
                          path.string()),
              ErrorKind::unsupported);
}

std::filesystem::path find_weights(const std::filesystem::path& weights) {
  if (!std::filesystem::exists(weights)) {
    throw Error(
        fmt::format("there is no {}; name a weights file or a run folder", weights.string()),
        ErrorKind::not_found);
  }
  if (!std::filesystem::is_directory(weights)) return weights;
  for (const std::string_view name : kOfFolders) {
    std::filesystem::path found = weights / name;
    if (std::filesystem::exists(found)) return found;
  }
  throw Error(fmt::format("there are no weights in {}: no {}; a run's first epoch writes the first",
                          weights.string(), fmt::join(kOfFolders, ", no ")),
              ErrorKind::not_found);
}

}  // namespace alexnet
