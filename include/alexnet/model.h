#pragma once

#include <alexnet/architecture.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/preprocess.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
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

/// Parts of how images become the input, in place of a convention's.
struct PreprocessOptions {
  Size resize = 0;       ///< before the crop; 0: the convention's
  Fit fit = Fit::cover;  ///< to `resize`
  std::optional<Interpolation> interpolation;
  std::vector<float> mean;       ///< of each channel, of 1, red first; empty: the convention's
  std::vector<float> deviation;  ///< as many
};

/// What a file from elsewhere leaves open, and what is to replace a file's own.
struct LoadOptions {
  std::string network;               ///< of network_names(); empty: the one that the tensors fit
  Size image_size = 0;               ///< 0: the file's or the network's own
  std::vector<std::string> classes;  ///< in label order; empty: the file's, ImageNet's 1000, or
                                     ///< "class 0", …
  std::string preprocess;   ///< of input_conventions(): what the file's network takes; empty: the
                            ///< file's; else Caffe's for Caffe's networks, torchvision's for RGB,
                            ///< or "unit". Of a graph that normalises inside: what it takes before
                            ///< that, by its means "unit" or "bytes"
  PreprocessOptions input;  ///< over `preprocess`
  std::string state;  ///< which of a file's state dicts, by its key ("ema") or the words before its
                      ///< tensors' names; empty: the only one that fits
  std::string output;                ///< which of an ONNX file's outputs; empty: the only one
  std::filesystem::path prototxt;    ///< of a .caffemodel; empty: the one of its name or
                                     ///< deploy.prototxt beside it
  std::filesystem::path mean_image;  ///< Caffe's; empty: the convention's mean
};

/// How images are to be resized and normalised, by name: "torchvision" (ImageNet's mean and
/// deviation), "caffe" (bytes less ImageNet's mean, blue first), "unit" (0 … 1), "bytes" (0 … 255).
std::vector<std::string_view> input_conventions();

/// Reads weights in any format that is known: what save_model or training wrote (momentum and other
/// training state are left out), safetensors and PyTorch state dicts under torchvision's names,
/// ONNX (read_onnx), Caffe (read_caffe), MatConvNet (read_matconvnet). What a file leaves open is
/// settled by `options`, of safetensors by Hugging Face's preprocessor_config.json and config.json
/// beside it, or assumed; the provenance then says so, under "assumed classes", "assumed
/// preprocessing", "assumed resizing" and "assumed image size". Throws Error when it is missing,
/// damaged, unknown, or does not fit (name, shape, dtype, NaN).
Model load_model(const std::filesystem::path& path, const LoadOptions& options = {});

/// The same of a file's bytes, which are copied. `name` is what messages call it; its extension
/// says the format where the bytes do not (.onnx, .caffemodel). Nothing is looked for beside it:
/// Caffe's needs `options.prototxt`, and ONNX's external data and an index's parts are not found.
Model load_model(std::span<const std::byte> file, const std::filesystem::path& name,
                 const LoadOptions& options = {});

/// Reads the convolutions of torchvision's AlexNet from weights in any format that load_model
/// takes, or from a file of them alone (save_trunk). Of a state dict that has them once, under
/// torchvision's names with anything before, no other tensors are read: a model of
/// make_alexnet_trunk(), without classes and preprocessing. Of anything else, or where `options`
/// say which tensors or network, it is the whole model as load_model gives it, which may be another
/// network. What was before the names is in assumptions(). Throws Error.
Model load_trunk(const std::filesystem::path& path, const LoadOptions& options = {});

/// As load_model; but of a file of the convolutions alone these, with the pool that follows them
/// and no classes, preprocessed as `options` say or as for torchvision. Throws Error.
Model load_layers(const std::filesystem::path& path, const LoadOptions& options = {});

/// Writes the convolutions alone, about 10 MB, under torchvision's names: .safetensors, .pth or
/// .pt. Complete or absent, as save_model. Throws Error, also when the model's convolutions are not
/// those of torchvision's AlexNet.
void save_trunk(const std::filesystem::path& path, const Model& model);

/// What load_model had to assume, in words: "classes: ImageNet's, image size: 224"; or "".
std::string assumptions(const Model& model);

/// Writes the format of the path's extension: .safetensors (torchvision's tensor names, everything
/// else in the metadata, but a mean image, which is the tensor normalization.mean_image), .pth and
/// .pt (the tensors alone) or .onnx (write_onnx's defaults). Complete or absent: written aside,
/// synced, renamed. Throws Error.
void save_model(const std::filesystem::path& path, const Model& model);

/// WEIGHTS as users give it: a file, or a folder: a run's, which stands for its best.safetensors,
/// or one from Hugging Face, for its model.safetensors, model.safetensors.index.json or
/// pytorch_model.bin. Throws Error when there is none of them.
std::filesystem::path find_weights(const std::filesystem::path& weights);

}  // namespace alexnet
#pragma GCC visibility pop
