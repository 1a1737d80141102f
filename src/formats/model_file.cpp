#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include "formats/file_format.h"
#include "formats/mean_image.h"
#include "formats/model_metadata.h"

namespace alexnet {

void save_model(const std::filesystem::path& path, const Model& model) {
  check_fit(model.architecture, model.parameters, "this model cannot be saved");
  std::vector<NamedView> tensors;
  for (const ParameterSpec& spec : model.architecture.parameters()) {
    tensors.push_back({spec.name, {spec.shape, model.parameters.at(spec.name).values()}});
  }
  switch (format_of_extension(path)) {
    case FileFormat::safetensors:
      if (model.normalization.mean_image) {
        tensors.push_back(mean_image_view(*model.normalization.mean_image));
      }
      return write_safetensors(path, tensors, model_metadata(model));
    case FileFormat::pytorch:
      return write_pytorch(path, tensors);
    case FileFormat::onnx:
      return write_onnx(path, model);
    case FileFormat::caffe:
      break;
  }
  throw Error(
      fmt::format("{}: Caffe's format can be read but not written; name it .safetensors, "
                  ".pth or .onnx",
                  path.string()));
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
