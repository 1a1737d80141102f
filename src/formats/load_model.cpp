// Weights in any format as a Model: what the file says, what the caller says, and what is assumed.
#include <alexnet/caffe.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/file_format.h"
#include "formats/imagenet_classes.h"
#include "formats/infer_architecture.h"
#include "formats/input_convention.h"
#include "formats/mean_image.h"
#include "formats/model_metadata.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMomentum = "momentum.";
constexpr std::string_view kAssumed = "assumed ";  // begins keys of the provenance
constexpr std::string_view kClasses = "classes";
constexpr std::string_view kPreprocessing = "preprocessing";
constexpr Preprocess kUnset{.resize = 0, .crop = 0, .channels = 0};

/// What is assumed for want of better is kept in the provenance, a line for each subject, until
/// somebody settles it.
void assume(Model& model, std::string_view subject, std::string what) {
  model.provenance[fmt::format("{}{}", kAssumed, subject)] = std::move(what);
}
bool is_assumed(const Model& model, std::string_view subject) {
  return model.provenance.contains(fmt::format("{}{}", kAssumed, subject));
}
void settle(Model& model, std::string_view subject) {
  model.provenance.erase(fmt::format("{}{}", kAssumed, subject));
}

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
  Model model = unsettled(std::move(net), std::move(parameters), std::move(format));
  if (options.image_size == 0) {
    assume(model, "image size", std::to_string(model.architecture.height));
  }
  return model;
}

// Without training state and mean image.
Parameters take_parameters(Parameters& tensors) {
  Parameters parameters;
  for (NamedTensor& entry : tensors) {
    if (entry.name.starts_with(kMomentum) || entry.name == kMeanImage) continue;
    parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  return parameters;
}

Model from_safetensors(const fs::path& path, const LoadOptions& options) {
  Safetensors file = read_safetensors(path);
  if (!is_model_metadata(file.metadata)) {
    Model model = from_state_dict(std::move(file.tensors), "safetensors", options, path);
    for (const auto& [key, value] : file.metadata) model.provenance["file's " + key] = value;
    return model;
  }
  Model model = model_from_metadata(file.metadata, path.string());
  if (model.normalization.mean_image) {
    model.normalization.mean_image = to_mean_image(file.tensors.at(kMeanImage), path.string());
  }
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

// Throws Error where an option contradicts the file or has nothing to do with it.
void check_options(const Model& model, FileFormat format, const LoadOptions& options,
                   const std::string& source) {
  const Architecture& net = model.architecture;
  if (!options.network.empty() && net.name != options.network) {
    throw Error(fmt::format("{}: holds {}, not {}", source, net.name, options.network));
  }
  if (options.image_size > 0 && options.image_size != net.height) {
    throw Error(fmt::format("{}: is for images of {} pixels, not {}", source, net.height,
                            options.image_size));
  }
  if (!options.prototxt.empty() && format != FileFormat::caffe) {
    throw Error(fmt::format("{}: a prototxt is for a .caffemodel", source));
  }
}

void settle_classes(Model& model, const LoadOptions& options, const std::string& source) {
  const auto outputs = static_cast<std::size_t>(model.architecture.classes());
  if (!options.classes.empty()) {
    if (options.classes.size() != outputs) {
      throw Error(fmt::format("{}: has {} classes and {} names are given", source, outputs,
                              options.classes.size()));
    }
    model.classes = options.classes;
    return settle(model, kClasses);
  }
  if (!model.classes.empty()) return;
  model.classes = imagenet_classes();
  if (model.classes.size() == outputs) return assume(model, kClasses, "ImageNet's");
  model.classes.clear();
  for (std::size_t i = 0; i < outputs; ++i) model.classes.push_back(fmt::format("class {}", i));
  assume(model, kClasses, "numbers");
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
                  const std::string& source) {
  const bool is_open = model.preprocess == kUnset;
  const Normalization own = model.normalization;  // of a graph that normalises its input itself
  if (!options.preprocess.empty()) {
    if ((!is_open && !is_assumed(model, kPreprocessing)) || (is_open && !own.mean.empty())) {
      throw Error(
          fmt::format("{}: brings its own normalization; --preprocess is for files that "
                      "leave it open",
                      source));
    }
    set_input_convention(model, options.preprocess, source);
    settle(model, kPreprocessing);
  } else if (is_open) {
    const std::string name = usual_convention(format, model.architecture.in_channels);
    set_input_convention(model, name, source);
    if (!own.mean.empty()) model.normalization = own;
    assume(model, kPreprocessing, name);
  }
  if (!options.mean.empty()) use_mean_image(model, options.mean);
}

}  // namespace

Model load_model(const fs::path& path, const LoadOptions& options) {
  const std::string source = path.string();
  const FileFormat format = file_format(path);
  Model model = read_model(path, format, options);
  check_options(model, format, options, source);
  check_fit(model.architecture, model.parameters, source);
  settle_classes(model, options, source);
  settle_input(model, format, options, source);
  check_model(model, source);
  return model;
}

std::string assumptions(const Model& model) {
  std::string text;
  for (const auto& [key, value] : model.provenance) {
    if (!key.starts_with(kAssumed)) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key.substr(kAssumed.size()), value);
  }
  return text;
}

}  // namespace alexnet
