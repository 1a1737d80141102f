#pragma once

#include <alexnet/architecture.h>
#include <alexnet/model.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/size.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#pragma GCC visibility push(default)
namespace alexnet {

enum class OnnxOutput { log_probabilities, logits };

struct OnnxWriteOptions {
  int opset = 17;  ///< 13 … 21
  OnnxOutput output = OnnxOutput::log_probabilities;
  /// The file's input is pixels, 0 … 255, which its first two nodes normalise; else it is what
  /// `Model::normalization` makes of them. A mean image is baked as its centre crop. Without baking
  /// it is the caller's to subtract, and the metadata have the channels' means.
  bool bake_normalization = false;
  /// Weights are stored as float16 and cast to float32 by the graph, which computes in that; biases
  /// stay float32.
  bool half_weights = false;
  /// Parameters are in a file beside it, of its name and ".data"; so they are anyway when they take
  /// more than the 2 GB that protobuf can hold.
  bool external_data = false;
};

/// Writes the network for inference: input `images` (batch, c, h, w) in float32 with any batch,
/// output `log_probabilities` or `logits` (batch, classes), tensors under torchvision's names, and
/// the metadata of a model file as metadata_props.
///
/// Dropout is left out. The adaptive pool is left out where the map already has its size, an
/// AveragePool where its windows are alike, and folded into the Linear behind it where the map is
/// smaller than what it makes of it (read_onnx takes it out again by the metadata); elsewhere it is
/// two MatMul with the shares of the rows and columns. IR version 7 up to opset 14, 8 up to 18, 9
/// up to 20, else 10.
///
/// Takes the parameters' size in memory, but for external data. Writes aside, syncs, renames: the
/// file at `path` is complete or as it was, and external data are there before it. Throws Error (an
/// opset outside 13 … 21, parameters that do not fit or, as float16, are too large, no space, no
/// permission, …) and leaves no partial file.
void write_onnx(const std::filesystem::path& path, const Model& model,
                const OnnxWriteOptions& options = {});

struct OnnxReadOptions {
  /// Height and width for a file that leaves them open; 0: those of its metadata, else 224.
  Size image_size = 0;
  std::string output;  ///< which of several outputs; empty: the only one
};

/// What an ONNX file holds.
struct OnnxNetwork {
  /// Named as in networks.h where it computes the same as that network, and then with its dropout;
  /// else after the graph, or "onnx".
  Architecture architecture;
  Parameters parameters;
  /// Where the file begins by normalising pixels of 0 … 255, how; the architecture begins after it.
  /// A mean image is as large as the input.
  std::optional<Normalization> normalization;
  bool is_quantised = false;                    ///< its numbers of 8 bits became float32
  std::map<std::string, std::string> metadata;  ///< metadata_props
  /// Whether the file leaves height or width open, and its metadata do not say them either.
  bool has_open_size = false;
  /// Whether its producer or its names (an input `data`, a layer `conv1`) are Caffe's.
  bool is_from_caffe = false;
};

/// Reads a graph that is a chain of the layers in architecture.h, of any opset, as PyTorch (both
/// exporters), Caffe2 and the ONNX model zoo write them: Conv, Relu, LRN, MaxPool; AveragePool,
/// GlobalAveragePool and ReduceMean that amount to an adaptive pool; Gemm, MatMul and Add; what
/// PyTorch's exporters write for nn.LocalResponseNorm and for adaptive pools; BatchNormalization
/// and arithmetic with constants behind Conv, Gemm and MatMul, folded into these; quantised nodes
/// (QDQ, QLinearConv and its like, ConvInteger and its like), as floats; Reshape, Flatten (of
/// (h, w, c) too), Dropout, Identity, Cast, If on shapes; Softmax, LogSoftmax or neither at the
/// end, which all become LogSoftmax; Sub, Mul, Div and Add of constants on the input; and
/// arithmetic on shapes, which is computed here. Weights are float32, float16, bfloat16 or float64,
/// in the file or beside it (external data, only within the file's folder); missing biases are
/// zeros. Parameters are under the names of `architecture.parameters()`, in its order.
///
/// Memory: the file's size where it holds float32 as raw data (beside its own pages, mapped while
/// it is read); at most 32 times the size of the file and its external data, and 64 MiB, whatever
/// is in it; and 256 MiB for constants that it fills with one number. Large float32 tensors of
/// external data stay in the mapped file, which must not be overwritten in place meanwhile.
///
/// Throws Error, naming the file and the node or tensor, when the file is missing, damaged, larger
/// than 2 GB, or anything else than such a chain.
OnnxNetwork read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options = {});

}  // namespace alexnet
#pragma GCC visibility pop
