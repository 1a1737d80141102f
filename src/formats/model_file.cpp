#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "formats/file_format.h"
#include "formats/imagenet_classes.h"
#include "formats/infer_architecture.h"
#include "formats/input_convention.h"
#include "formats/model_metadata.h"

namespace alexnet {
namespace {

constexpr std::string_view kMomentum = "momentum.";
constexpr Preprocess kUnset{.resize = 0, .crop = 0, .channels = 0};

// Without training state.
Parameters take_parameters(Parameters& tensors) {
  Parameters parameters;
  for (NamedTensor& entry : tensors) {
    if (entry.name.starts_with(kMomentum)) continue;
    parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  return parameters;
}

Model from_state_dict(Parameters parameters, std::string_view format, const LoadOptions& options,
                      const std::string& source) {
  Model model{
      .architecture = infer_architecture(parameters, options.network, options.image_size, source),
      .preprocess = kUnset,
      .provenance = {{"format", std::string(format)}}};
  model.parameters = std::move(parameters);
  return model;
}

Model from_safetensors(const std::filesystem::path& path, const LoadOptions& options) {
  Safetensors file = read_safetensors(path);
  if (!is_model_metadata(file.metadata)) {
    return from_state_dict(std::move(file.tensors), "safetensors", options, path.string());
  }
  Model model = model_from_metadata(file.metadata, path.string());
  model.parameters = take_parameters(file.tensors);
  return model;
}

Model read_model(const std::filesystem::path& path, const LoadOptions& options) {
  switch (file_format(path)) {
    case FileFormat::safetensors:
      return from_safetensors(path, options);
    case FileFormat::pytorch:
      return from_state_dict(read_pytorch(path), "PyTorch state dict", options, path.string());
    case FileFormat::onnx:
    case FileFormat::caffe:
      break;
  }
  throw Error(fmt::format("{}: this format cannot be read yet", path.string()));
}

void check_options(const Architecture& net, const LoadOptions& options, const std::string& source) {
  if (!options.network.empty() && net.name != options.network) {
    throw Error(fmt::format("{}: holds {}, not {}", source, net.name, options.network));
  }
  if (options.image_size > 0 && options.image_size != net.height) {
    throw Error(fmt::format("{}: is for images of {} pixels, not {}", source, net.height,
                            options.image_size));
  }
}

// What is assumed for want of better, in words.
using Assumptions = std::vector<std::string>;

void settle_classes(Model& model, const LoadOptions& options, Assumptions& assumptions,
                    const std::string& source) {
  const auto outputs = static_cast<std::size_t>(model.architecture.classes());
  if (!options.classes.empty()) {
    if (options.classes.size() != outputs) {
      throw Error(fmt::format("{}: has {} classes and {} names are given", source, outputs,
                              options.classes.size()));
    }
    model.classes = options.classes;
  } else if (model.classes.empty()) {
    model.classes = imagenet_classes();
    if (model.classes.size() == outputs) {
      assumptions.emplace_back("ImageNet's class names");
      return;
    }
    model.classes.clear();
    for (std::size_t i = 0; i < outputs; ++i) model.classes.push_back(fmt::format("class {}", i));
    assumptions.emplace_back("class names by number");
  }
}

void settle_preprocess(Model& model, const LoadOptions& options, Assumptions& assumptions,
                       const std::string& source) {
  if (!options.preprocess.empty()) {
    set_input_convention(model, options.preprocess, source);
  } else if (model.preprocess == kUnset) {
    const std::string name = model.architecture.in_channels == 3 ? "torchvision" : "unit";
    set_input_convention(model, name, source);
    assumptions.push_back(fmt::format("{} preprocessing", name));
  }
}

}  // namespace

Model load_model(const std::filesystem::path& path, const LoadOptions& options) {
  const std::string source = path.string();
  Model model = read_model(path, options);
  check_options(model.architecture, options, source);
  check_fit(model.architecture, model.parameters, source);
  Assumptions assumptions;
  settle_classes(model, options, assumptions, source);
  settle_preprocess(model, options, assumptions, source);
  if (!assumptions.empty()) {
    model.provenance["assumed"] = fmt::format("{}", fmt::join(assumptions, ", "));
  }
  check_model(model, source);
  return model;
}

void save_model(const std::filesystem::path& path, const Model& model) {
  check_fit(model.architecture, model.parameters, "this model cannot be saved");
  std::vector<NamedView> tensors;
  for (const ParameterSpec& spec : model.architecture.parameters()) {
    tensors.push_back({spec.name, {spec.shape, model.parameters.at(spec.name).values()}});
  }
  switch (format_of_extension(path)) {
    case FileFormat::safetensors:
      return write_safetensors(path, tensors, model_metadata(model));
    case FileFormat::pytorch:
      return write_pytorch(path, tensors);
    case FileFormat::onnx:
    case FileFormat::caffe:
      break;
  }
  throw Error(fmt::format("{}: this format cannot be written", path.string()));
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
