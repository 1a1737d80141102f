#pragma once

#include <alexnet/architecture.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/transforms.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
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

/// What a file from elsewhere leaves open, and what is to replace a file's own.
struct LoadOptions {
  std::string network;               ///< of network_names(); empty: the one that the tensors fit
  int image_size = 0;                ///< height and width; 0: the file's or the network's own
  std::vector<std::string> classes;  ///< in label order; empty: the file's, ImageNet's 1000, or
                                     ///< "class 0", …
  std::string preprocess;          ///< of input_conventions(); empty: the file's; else Caffe's for
                                   ///< Caffe's files, torchvision's for RGB, or "unit"
  std::filesystem::path prototxt;  ///< of a .caffemodel; empty: the one of its name or
                                   ///< deploy.prototxt beside it
  std::filesystem::path mean;      ///< Caffe's mean image; empty: the convention's mean
};

/// How images are to be resized and normalised, by name: "torchvision" (ImageNet's mean and
/// deviation), "caffe" (bytes less ImageNet's mean, blue first), "unit" (0 … 1), "bytes" (0 … 255).
std::vector<std::string_view> input_conventions();

/// Reads weights in any format that is known: what save_model or training wrote (momentum and other
/// training state are left out), safetensors and PyTorch state dicts under torchvision's names,
/// ONNX (read_onnx), Caffe (read_caffe). What the file leaves open is settled by `options` or
/// assumed; the provenance then says so, under "assumed classes", "assumed preprocessing" and
/// "assumed image size". Throws Error when it is missing, damaged, unknown, or does not fit (name,
/// shape, dtype, NaN).
Model load_model(const std::filesystem::path& path, const LoadOptions& options = {});

/// What load_model had to assume, in words: "classes: ImageNet's, image size: 224"; or "".
std::string assumptions(const Model& model);

/// Writes the format of the path's extension: .safetensors (torchvision's tensor names, everything
/// else in the metadata, but a mean image, which is the tensor normalization.mean_image), .pth and
/// .pt (the tensors alone) or .onnx (write_onnx's defaults). Complete or absent: written aside,
/// synced, renamed. Throws Error.
void save_model(const std::filesystem::path& path, const Model& model);

/// WEIGHTS as users give it: a file, or a run folder, which stands for its best.safetensors.
/// Throws Error when there is neither.
std::filesystem::path find_weights(const std::filesystem::path& weights);

}  // namespace alexnet
