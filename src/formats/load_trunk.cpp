// Of a state dict only ten tensors are read, not the 230 MB of the classifier's matrices.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/file.h"
#include "formats/common/model_metadata.h"
#include "formats/file_format.h"
#include "formats/pytorch/file.h"
#include "formats/safetensors/file.h"
#include "formats/safetensors/index.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool ends_in(std::string_view name, std::string_view wanted) {
  return name == wanted || name.ends_with(fmt::format(".{}", wanted));
}

// None where the names are not torchvision's, or there are several of one.
std::optional<Parameters> only_trunk(const std::vector<ListedTensor>& tensors,
                                     const Architecture& trunk) {
  Parameters parameters;
  for (const ParameterSpec& spec : trunk.parameters()) {
    const auto is_it = [&](const ListedTensor& tensor) {
      return ends_in(tensor.name, spec.name) && tensor.shape == spec.shape;
    };
    const auto found = std::ranges::find_if(tensors, is_it);
    if (found == tensors.end() || std::find_if(found + 1, tensors.end(), is_it) != tensors.end()) {
      return std::nullopt;
    }
    parameters.add(spec.name, found->read());
  }
  return parameters;
}

// None where the file is no state dict, or its metadata say what its layers are.
std::optional<std::vector<ListedTensor>> list_state_dict(const fs::path& path) {
  if (is_safetensors_index(path)) return list_safetensors_index(path);
  const auto file = std::make_shared<MappedFile>(path);
  const std::string source = path.string();
  switch (file_format(file->bytes(), path)) {
    case FileFormat::safetensors:
      if (is_model_metadata(parse_safetensors_metadata(file->bytes(), source))) return std::nullopt;
      return list_safetensors(file, source);
    case FileFormat::pytorch:
      return list_pytorch(file, source);
    case FileFormat::onnx:
    case FileFormat::caffe:
      break;
  }
  return std::nullopt;
}

}  // namespace

Model load_trunk(const fs::path& path, const LoadOptions& options) {
  const Architecture trunk = make_alexnet_trunk();
  if (const auto tensors = list_state_dict(path); tensors && options.state.empty()) {
    if (auto parameters = only_trunk(*tensors, trunk)) {
      check_fit(trunk, *parameters, path.string());
      return {.architecture = trunk,
              .parameters = *std::move(parameters),
              .classes = {},
              .preprocess = {},
              .normalization = {},
              .provenance = {}};
    }
  }
  return load_model(path, options);
}

void save_trunk(const fs::path& path, const Model& model) {
  check_trunk(model.architecture);
  const Architecture trunk = make_alexnet_trunk();
  std::vector<NamedView> tensors;
  for (const ParameterSpec& spec : trunk.parameters()) {
    tensors.push_back({spec.name, {spec.shape, model.parameters.at(spec.name).values()}});
  }
  const FileFormat format = format_of_extension(path);
  if (format == FileFormat::pytorch) return write_pytorch(path, tensors);
  if (format == FileFormat::safetensors) return write_safetensors(path, tensors, {});
  throw Error(fmt::format("{}: the convolutions alone are written as .safetensors, .pth or .pt",
                          path.string()),
              ErrorKind::unsupported);
}

}  // namespace alexnet
