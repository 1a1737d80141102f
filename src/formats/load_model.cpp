// Weights in any format as a Model: what the file says, what the caller says, and what is assumed.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/file.h"
#include "formats/caffe/file.h"
#include "formats/common/input_convention.h"
#include "formats/common/mean_image.h"
#include "formats/common/model_metadata.h"
#include "formats/common/state_dict.h"
#include "formats/file_format.h"
#include "formats/hugging_face.h"
#include "formats/matlab/file.h"
#include "formats/onnx/file.h"
#include "formats/pytorch/file.h"
#include "formats/safetensors/file.h"
#include "formats/settle_model.h"
#include "formats/weights_index.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMomentum = "momentum.";

struct Weights {
  fs::path path;                     // of bytes in memory, what messages call them
  std::shared_ptr<MappedFile> file;  // none: an index of other files
  FileFormat format;
  bool has_folder;  // where other files may belong to it

  std::string source() const { return path.string(); }
};

/// A model as a file has it. `preprocess` is kUnset and the rest empty where it does not say.
Model unsettled(Architecture architecture, Parameters parameters, std::string format) {
  return {.architecture = std::move(architecture),
          .parameters = std::move(parameters),
          .classes = {},
          .preprocess = kUnset,
          .normalization = {},
          .provenance = {{"format", std::move(format)}}};
}

Model from_state_dict(const std::vector<ListedTensor>& tensors, std::string format,
                      const LoadOptions& options, const fs::path& path) {
  StateDict found = find_state_dict(
      tensors,
      {.network = options.network, .image_size = options.image_size, .state = options.state},
      path.string());
  Model model =
      unsettled(std::move(found.architecture), std::move(found.parameters), std::move(format));
  const bool renamed = !found.within.empty();
  if (renamed || !found.left.empty()) {
    assume_tensors(model,
                   fmt::format("those of {}{}{}", renamed ? found.within : "torchvision's names",
                               found.left.empty() ? "" : ", without ", found.left));
  }
  if (!found.order.empty()) {
    assume_tensors(model, fmt::format("by their order and shapes, {}", found.order));
  }
  if (options.image_size == Size()) assume_image_size(model);
  return model;
}

[[noreturn]] void refuse_state(const std::string& source) {
  throw Error(
      fmt::format("{}: holds one network and no state dicts to choose from; leave --state "
                  "away",
                  source));
}

// Without training state and mean image.
// In the order of the layers, whatever that of the file.
Parameters take_parameters(Parameters& tensors, const Architecture& architecture) {
  Parameters parameters;
  for (const ParameterSpec& spec : architecture.parameters()) {
    if (tensors.contains(spec.name)) parameters.add(spec.name, std::move(tensors.at(spec.name)));
  }
  for (NamedTensor& entry : tensors) {
    if (entry.name.starts_with(kMomentum) || entry.name == kMeanImage) continue;
    if (parameters.contains(entry.name)) continue;
    parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  return parameters;
}

void check_described_classes(const Model& model, const LoadOptions& options,
                             const fs::path& config) {
  const auto outputs = static_cast<std::size_t>(model.architecture.classes());
  if (options.classes.empty() || options.classes.size() == outputs) return;
  throw Error(
      fmt::format("{}: names {} classes and the weights beside it have {}; name theirs "
                  "(convert them with --labels)",
                  config.string(), options.classes.size(), outputs));
}

void check_described_channels(const Model& model, const PreprocessOptions& input,
                              const fs::path& file) {
  const auto channels = static_cast<std::size_t>(model.architecture.in_channels);
  if (input.mean.size() == channels && input.deviation.size() == channels) return;
  throw Error(
      fmt::format("{}: has means of {} and deviations of {} channels and the weights beside it "
                  "take {}; give theirs (convert them with --mean and --std)",
                  file.string(), input.mean.size(), input.deviation.size(), channels));
}

// As files beside it describe it, which `options` get.
Model from_described(const std::vector<ListedTensor>& tensors, const std::string& format,
                     LoadOptions& options, const fs::path& path) {
  const bool has_classes = !options.classes.empty();
  const Described described = describe_as_hugging_face(path, options);
  Model model = from_state_dict(tensors, format, options, path);
  if (!described.by.empty()) model.provenance["described by"] = described.by;
  if (described.ignored_config) assume_other_config(model);
  if (!described.normalised.empty()) {
    check_described_channels(model, options.input, described.normalised);
  }
  if (!has_classes) check_described_classes(model, options, path.parent_path() / "config.json");
  return model;
}

// `options` get what files beside it say.
Model from_tensors(const Weights& weights, const std::vector<ListedTensor>& tensors,
                   LoadOptions& options) {
  const bool is_pytorch = weights.format == FileFormat::pytorch;
  const std::string format = is_pytorch ? "PyTorch state dict" : "safetensors";
  if (!weights.has_folder) return from_state_dict(tensors, format, options, weights.path);
  return from_described(tensors, format, options, weights.path);
}

Model from_safetensors(const Weights& weights, LoadOptions& options) {
  const std::string source = weights.source();
  const auto metadata = parse_safetensors_metadata(weights.file->bytes(), source);
  if (!is_model_metadata(metadata)) {
    Model model = from_tensors(weights, list_safetensors(weights.file, source), options);
    for (const auto& [key, value] : metadata) model.provenance["file's " + key] = value;
    return model;
  }
  if (!options.state.empty()) refuse_state(source);
  Safetensors file =
      parse_safetensors(weights.file->bytes(), weights.file, source, weights.file->is_file());
  Model model = model_from_metadata(file.metadata, source);
  if (model.normalization.mean_image) {
    if (!file.tensors.contains(kMeanImage)) {
      throw Error(
          fmt::format("{}: damaged: it has a mean image by its metadata, and the tensor "
                      "'{}' is missing",
                      source, kMeanImage));
    }
    model.normalization.mean_image = to_mean_image(file.tensors.at(kMeanImage), source);
  }
  model.parameters = take_parameters(file.tensors, model.architecture);
  return model;
}

fs::path folder_of(const Weights& weights) {
  if (!weights.has_folder) return {};
  return weights.path.has_parent_path() ? weights.path.parent_path() : ".";
}

Model from_onnx(const Weights& weights, const LoadOptions& options) {
  const std::string source = weights.source();
  OnnxNetwork file =
      parse_onnx(weights.file->bytes(), folder_of(weights),
                 {.image_size = options.image_size, .output = options.output}, source);
  Model model;
  if (is_model_metadata(file.metadata)) {
    model = model_from_metadata(file.metadata, source);
    model.architecture = std::move(file.architecture);
    model.parameters = std::move(file.parameters);
  } else {
    model = unsettled(std::move(file.architecture), std::move(file.parameters), "ONNX");
    if (file.is_from_caffe) model.provenance[kOrigin] = "Caffe";
  }
  if (file.has_open_size && options.image_size == Size()) assume_image_size(model);
  if (file.normalization) {
    if (model.preprocess == kUnset) {
      set_graph_normalization(model, std::move(*file.normalization));
    } else {
      model.normalization = std::move(*file.normalization);
    }
  }
  if (file.is_quantised) assume_float32(model);
  return model;
}

fs::path find_prototxt(const Weights& caffemodel, const LoadOptions& options) {
  if (!options.prototxt.empty()) return options.prototxt;
  for (const fs::path& beside : {fs::path(caffemodel.path).replace_extension(".prototxt"),
                                 caffemodel.path.parent_path() / "deploy.prototxt"}) {
    if (caffemodel.has_folder && fs::exists(beside)) return beside;
  }
  throw Error(fmt::format("{}: there is no deploy.prototxt beside it to say its layers; name it "
                          "(convert it with --prototxt)",
                          caffemodel.source()),
              ErrorKind::not_found);
}

Model from_caffe(const Weights& weights, const LoadOptions& options) {
  const fs::path prototxt = find_prototxt(weights, options);
  const MappedFile layers(prototxt);
  CaffeNetwork file =
      parse_caffe({layers.bytes(), prototxt.string()}, {weights.file->bytes(), weights.source()});
  Model model = unsettled(std::move(file.architecture), std::move(file.parameters), "Caffe");
  model.provenance[kOrigin] = "Caffe";
  return model;
}

Model from_matconvnet(const Weights& weights) {
  MatConvNetwork file = parse_matconvnet(weights.file->bytes(), weights.source());
  Model model = unsettled(std::move(file.architecture), std::move(file.parameters), "MatConvNet");
  model.provenance[kOrigin] = "MatConvNet";
  model.classes = std::move(file.classes);
  if (!file.preprocess) {
    assume_image_size(model);
    return model;
  }
  model.preprocess = *file.preprocess;
  model.normalization = std::move(file.normalization);
  return model;
}

Model read_model(const Weights& weights, LoadOptions& options) {
  if (!weights.file) return from_tensors(weights, list_weights_index(weights.path), options);
  switch (weights.format) {
    case FileFormat::safetensors:
      return from_safetensors(weights, options);
    case FileFormat::pytorch:
      return from_tensors(weights, list_pytorch(weights.file, weights.source()), options);
    case FileFormat::onnx:
      return from_onnx(weights, options);
    case FileFormat::caffe:
      return from_caffe(weights, options);
    case FileFormat::matlab:
      return from_matconvnet(weights);
  }
  return {};
}

// Throws Error where an option contradicts the file or has nothing to do with it.
void check_options(const Model& model, FileFormat format, const LoadOptions& options,
                   const std::string& source) {
  const Architecture& net = model.architecture;
  if (!options.network.empty() && net.name != options.network) {
    throw Error(
        fmt::format("{}: holds {}, not {}; leave --model away", source, net.name, options.network));
  }
  if (options.image_size != Size() && options.image_size != net.input_size()) {
    throw Error(
        fmt::format("{}: is for images of {} pixels, not {}; leave the image size to the file",
                    source, to_string(net.input_size()), to_string(options.image_size)));
  }
  const bool is_state_dict = format == FileFormat::safetensors || format == FileFormat::pytorch;
  if (!options.state.empty() && !is_state_dict) refuse_state(source);
  if (!options.output.empty() && format != FileFormat::onnx) {
    throw Error(fmt::format(
        "{}: only ONNX files have outputs to choose from; leave --graph-output away", source));
  }
  if (!options.prototxt.empty() && format != FileFormat::caffe) {
    throw Error(fmt::format("{}: a prototxt is for a .caffemodel; leave --prototxt away", source));
  }
}

// That of a graph is as large as its input, which is the centre of resized images.
void fit_mean_image(Model& model) {
  Normalization& normalization = model.normalization;
  if (!normalization.mean_image) return;
  const Size size = normalization.mean_image->size;
  const Size resized = model.preprocess.resize;
  if (size.height > resized.height || size.width > resized.width || size == resized) return;
  normalization.mean_image = enlarged(*normalization.mean_image, resized, normalization.mean);
}

Model read_and_settle(const Weights& weights, LoadOptions settled) {
  const std::string source = weights.source();
  Model model = read_model(weights, settled);  // `settled`: with what files beside it say
  check_options(model, weights.format, settled, source);
  check_fit(model.architecture, model.parameters, source);
  settle_classes(model, settled, source);
  settle_input(model, settled, source);
  fit_mean_image(model);
  check_model(model, source);
  return model;
}

}  // namespace

Model load_model(const fs::path& path, const LoadOptions& options) {
  if (is_weights_index(path)) {
    return read_and_settle({path, nullptr, format_of_index(path), true}, options);
  }
  auto file = std::make_shared<MappedFile>(path);
  const FileFormat format = file_format(file->bytes(), path);
  return read_and_settle({path, std::move(file), format, true}, options);
}

Model load_model(std::span<const std::byte> file, const fs::path& name,
                 const LoadOptions& options) {
  const FileFormat format = file_format(file, name);
  return read_and_settle({name, std::make_shared<MappedFile>(file), format, false}, options);
}

}  // namespace alexnet
