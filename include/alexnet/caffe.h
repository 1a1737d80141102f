#pragma once

#include <alexnet/architecture.h>
#include <alexnet/parameters.h>

#include <filesystem>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// A network as Caffe has it. Its input is what Caffe's was: for ImageNet's models bytes less the
/// training mean, blue first.
struct CaffeNetwork {
  /// Named as in networks.h where its layers are that network's, else as in the file, or "caffe".
  Architecture architecture;
  Parameters parameters;
};

/// Reads a network from its deploy.prototxt and its weights, by the layers' names, from a
/// .caffemodel (layers of V1 and V2): a chain of Convolution, ReLU, LRN across channels, Pooling
/// (MAX), InnerProduct, Dropout, Flatten and at the end Softmax or nothing. Missing biases are
/// zeros.
///
/// Memory: three times the model's size and 64 MiB at most.
///
/// Throws Error, naming file and layer, when a file is missing or damaged, when the layers are no
/// such chain, or when the weights do not fit.
CaffeNetwork read_caffe(const std::filesystem::path& prototxt,
                        const std::filesystem::path& caffemodel);

/// The channels' means of a mean image (.binaryproto), in the file's order: blue, green, red.
/// Throws Error.
std::vector<float> read_caffe_mean(const std::filesystem::path& path);

}  // namespace alexnet
#pragma GCC visibility pop
