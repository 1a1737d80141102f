#pragma once

#include <alexnet/architecture.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/preprocess.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// A network as MatConvNet has it. Its input is what that takes: RGB, 0 … 255, less the mean.
struct MatConvNetwork {
  /// Named as in networks.h where its layers are that network's, else "matconvnet".
  Architecture architecture;
  Parameters parameters;
  std::vector<std::string> classes;      ///< in label order; empty: the file does not say
  std::optional<Preprocess> preprocess;  ///< none: the file does not say
  Normalization normalization;           ///< with `preprocess`
};

/// Reads a network of MatConvNet's SimpleNN wrapper from a MAT-file of level 5, such as
/// imagenet-caffe-alex.mat: its variables, or the fields of a variable `net`, are `layers`, a cell
/// array of layers in a row (conv, relu, pool by maxima, lrn or normalize, dropout, and at the end
/// softmax, softmaxloss or nothing), and perhaps `meta` or `normalization` and `classes`. Weights
/// are in `weights`, or in `filters` and `biases`; a convolution over the whole map is a Linear.
///
/// Memory: three times the model's size and 64 MiB at most.
///
/// Throws Error, naming file and layer, when the file is missing or damaged, when the layers are no
/// such chain, or when the weights do not fit.
MatConvNetwork read_matconvnet(const std::filesystem::path& path);

}  // namespace alexnet
#pragma GCC visibility pop
