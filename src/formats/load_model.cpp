// Weights in any format as a Model: what the file says, what the caller says, and what is assumed.
#include <alexnet/caffe.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "formats/file_format.h"
#include "formats/imagenet_classes.h"
#include "formats/infer_architecture.h"
#include "formats/input_convention.h"
#include "formats/model_metadata.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMomentum = "momentum.";
constexpr Preprocess kUnset{.resize = 0, .crop = 0, .channels = 0};

/// A model as a file has it. `preprocess` is kUnset and the rest empty where it does not say.
Model unsettled(Architecture architecture, Parameters parameters, std::string format) {
  return {.architecture = std::move(architecture),
          .parameters = std::move(parameters),
          .classes = {},
          .preprocess = kUnset,
          .normalization = {},
          .provenance = {{"format", std::move(format)}}};
}

Model from_state_dict(Parameters parameters, std::string format, const LoadOptions& options,
                      const fs::path& path) {
  Architecture net =
      infer_architecture(parameters, options.network, options.image_size, path.string());
  return unsettled(std::move(net), std::move(parameters), std::move(format));
}

// Without training state.
Parameters take_parameters(Parameters& tensors) {
  Parameters parameters;
  for (NamedTensor& entry : tensors) {
    if (entry.name.starts_with(kMomentum)) continue;
    parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  return parameters;
}

Model from_safetensors(const fs::path& path, const LoadOptions& options) {
  Safetensors file = read_safetensors(path);
  if (!is_model_metadata(file.metadata)) {
    return from_state_dict(std::move(file.tensors), "safetensors", options, path);
  }
  Model model = model_from_metadata(file.metadata, path.string());
  model.parameters = take_parameters(file.tensors);
  return model;
}

Model from_onnx(const fs::path& path, const LoadOptions& options) {
  OnnxNetwork file = read_onnx(path, {.image_size = options.image_size});
  Model model;
  if (is_model_metadata(file.metadata)) {
    model = model_from_metadata(file.metadata, path.string());
    model.architecture = std::move(file.architecture);
    model.parameters = std::move(file.parameters);
  } else {
    model = unsettled(std::move(file.architecture), std::move(file.parameters), "ONNX");
  }
  if (file.normalization) model.normalization = std::move(*file.normalization);
  return model;
}

fs::path find_prototxt(const fs::path& caffemodel, const LoadOptions& options) {
  if (!options.prototxt.empty()) return options.prototxt;
  for (const fs::path& beside : {fs::path(caffemodel).replace_extension(".prototxt"),
                                 caffemodel.parent_path() / "deploy.prototxt"}) {
    if (fs::exists(beside)) return beside;
  }
  throw Error(
      fmt::format("{}: there is no deploy.prototxt beside it to say its layers; name it "
                  "(convert it with --prototxt)",
                  caffemodel.string()));
}

Model from_caffe(const fs::path& path, const LoadOptions& options) {
  CaffeNetwork file = read_caffe(find_prototxt(path, options), path);
  return unsettled(std::move(file.architecture), std::move(file.parameters), "Caffe");
}

Model read_model(const fs::path& path, FileFormat format, const LoadOptions& options) {
  switch (format) {
    case FileFormat::safetensors:
      return from_safetensors(path, options);
    case FileFormat::pytorch:
      return from_state_dict(read_pytorch(path), "PyTorch state dict", options, path);
    case FileFormat::onnx:
      return from_onnx(path, options);
    case FileFormat::caffe:
      return from_caffe(path, options);
  }
  return {};
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

// What files of this format mostly want.
std::string usual_convention(FileFormat format, int channels) {
  if (format == FileFormat::caffe) return channels == 3 ? "caffe" : "bytes";
  return channels == 3 ? "torchvision" : "unit";
}

// A mean image in place of the convention's mean, blue first as Caffe has it.
void use_mean_image(Model& model, const fs::path& mean_image) {
  std::vector<float> mean = read_caffe_mean(mean_image);
  if (mean.size() != static_cast<std::size_t>(model.architecture.in_channels)) {
    throw Error(fmt::format("{}: has {} channels and the network takes {}", mean_image.string(),
                            mean.size(), model.architecture.in_channels));
  }
  std::ranges::reverse(mean);
  for (float& channel : mean) channel /= 255;
  model.normalization.mean = std::move(mean);
  model.provenance["mean"] = mean_image.filename().string();
}

void settle_input(Model& model, FileFormat format, const LoadOptions& options,
                  Assumptions& assumptions, const std::string& source) {
  if (!options.preprocess.empty()) {
    set_input_convention(model, options.preprocess, source);
  } else if (model.preprocess == kUnset) {
    const std::string name = usual_convention(format, model.architecture.in_channels);
    const Normalization own = model.normalization;
    set_input_convention(model, name, source);
    if (!own.mean.empty()) model.normalization = own;
    assumptions.push_back(fmt::format("{} preprocessing", name));
  }
  if (!options.mean.empty()) use_mean_image(model, options.mean);
}

}  // namespace

Model load_model(const fs::path& path, const LoadOptions& options) {
  const std::string source = path.string();
  const FileFormat format = file_format(path);
  Model model = read_model(path, format, options);
  check_options(model.architecture, options, source);
  check_fit(model.architecture, model.parameters, source);
  Assumptions assumptions;
  settle_classes(model, options, assumptions, source);
  settle_input(model, format, options, assumptions, source);
  if (!assumptions.empty()) {
    model.provenance["assumed"] = fmt::format("{}", fmt::join(assumptions, ", "));
  }
  check_model(model, source);
  return model;
}

}  // namespace alexnet
