// Of a state dict only ten tensors are read, not the 230 MB of the classifier's matrices.
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.h"
#include "formats/common/model_metadata.h"
#include "formats/file_format.h"
#include "formats/pytorch/file.h"
#include "formats/safetensors/file.h"
#include "formats/settle_model.h"
#include "formats/weights_index.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool ends_in(std::string_view name, std::string_view wanted) {
  return name == wanted || name.ends_with(fmt::format(".{}", wanted));
}

// None where the names are not torchvision's with one beginning, or there are several of one.
std::optional<Model> only_trunk(const std::vector<ListedTensor>& tensors,
                                const Architecture& trunk) {
  Model model{.architecture = trunk};
  std::string_view within;
  for (const ParameterSpec& spec : trunk.parameters()) {
    const auto is_it = [&](const ListedTensor& tensor) {
      return ends_in(tensor.name, spec.name) && tensor.shape == spec.shape;
    };
    const auto found = std::ranges::find_if(tensors, is_it);
    if (found == tensors.end() || std::find_if(found + 1, tensors.end(), is_it) != tensors.end()) {
      return std::nullopt;
    }
    const std::string_view before =
        std::string_view(found->name).substr(0, found->name.size() - spec.name.size());
    if (model.parameters.size() == 0) within = before;
    if (before != within) return std::nullopt;
    model.parameters.add(spec.name, found->read());
  }
  if (!within.empty()) assume_tensors(model, fmt::format("those of '{}'", within));
  return model;
}

// None where the file is no state dict, or its metadata say what its layers are.
std::optional<std::vector<ListedTensor>> list_state_dict(const fs::path& path) {
  if (is_weights_index(path)) return list_weights_index(path);
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
    case FileFormat::matlab:
      break;
  }
  return std::nullopt;
}

// Whether they say which tensors or what network, which load_model looks at.
bool names_tensors(const LoadOptions& options) {
  return !options.network.empty() || !options.state.empty() || !options.output.empty() ||
         !options.prototxt.empty();
}

}  // namespace

Model load_trunk(const fs::path& path, const LoadOptions& options) {
  const Architecture trunk = make_alexnet_trunk();
  const auto tensors = names_tensors(options) ? std::nullopt : list_state_dict(path);
  if (auto model = tensors ? only_trunk(*tensors, trunk) : std::nullopt) {
    check_fit(trunk, model->parameters, path.string());
    return *std::move(model);
  }
  return load_model(path, options);
}

Model load_layers(const fs::path& path, const LoadOptions& options) {
  Architecture trunk = make_alexnet_trunk();
  const auto tensors = names_tensors(options) ? std::nullopt : list_state_dict(path);
  if (!tensors || tensors->size() != trunk.parameters().size()) return load_model(path, options);
  auto model = only_trunk(*tensors, trunk);
  if (!model) return load_model(path, options);
  check_fit(trunk, model->parameters, path.string());
  trunk.layers.push_back(make_alexnet().layers[trunk.layers.size()]);
  model->architecture = std::move(trunk);
  model->preprocess = kUnset;
  settle_input(*model, options, path.string());
  return *std::move(model);
}

void save_trunk(const fs::path& path, const Model& model) {
  const FileFormat format = trunk_format_of_extension(path);
  check_trunk(model.architecture);
  const Architecture trunk = make_alexnet_trunk();
  std::vector<NamedView> tensors;
  for (const ParameterSpec& spec : trunk.parameters()) {
    tensors.push_back({spec.name, {spec.shape, model.parameters.at(spec.name).values()}});
  }
  if (format == FileFormat::pytorch) return write_pytorch(path, tensors);
  write_safetensors(path, tensors, {});
}

}  // namespace alexnet
