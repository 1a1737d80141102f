#pragma once

#include <alexnet/architecture.h>
#include <alexnet/model.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace alexnet {

enum class OnnxOutput { log_probabilities, logits };

struct OnnxWriteOptions {
  int opset = 17;  ///< 13 … 17
  OnnxOutput output = OnnxOutput::log_probabilities;
  /// The file's input is pixels, 0 … 255, which its first two nodes normalise; else it is what
  /// `Model::normalization` makes of them. A mean image is baked as its centre crop; such a file
  /// computes the same elsewhere, but read_onnx refuses it. Without baking it is the caller's to
  /// subtract, and the metadata have the channels' means.
  bool bake_normalization = false;
};

/// Writes the network for inference: input `images` (batch, c, h, w) in float32 with any batch,
/// output `log_probabilities` or `logits` (batch, classes), tensors under torchvision's names, and
/// the metadata of a model file as metadata_props.
///
/// Dropout is left out. The adaptive pool is left out where the map already has its size, an
/// AveragePool where its windows are alike, and folded into the Linear behind it where the map is
/// smaller than what it makes of it (then the metadata tell of the folded network); elsewhere it is
/// two MatMul with the shares of the rows and columns. IR version 7 up to opset 14, else 8.
///
/// Takes the parameters' size in memory. Writes aside, syncs, renames: the file at `path` is
/// complete or as it was. Throws Error (an opset outside 13 … 17, parameters that do not fit or are
/// larger than the 2 GB that protobuf can hold, no space, no permission, …) and leaves no partial
/// file.
void write_onnx(const std::filesystem::path& path, const Model& model,
                const OnnxWriteOptions& options = {});

struct OnnxReadOptions {
  /// Height and width for a file that leaves them open; 0: those of its metadata, else 224.
  int image_size = 0;
};

/// What an ONNX file holds.
struct OnnxNetwork {
  /// Named as in networks.h where it computes the same as that network, and then with its dropout;
  /// else after the graph, or "onnx".
  Architecture architecture;
  Parameters parameters;
  /// Where the file begins by normalising pixels of 0 … 255, how; the architecture begins after it.
  std::optional<Normalization> normalization;
  std::map<std::string, std::string> metadata;  ///< metadata_props
};

/// Reads a graph that is a chain of the layers in architecture.h, of any opset, as PyTorch (both
/// exporters), Caffe2 and the ONNX model zoo write them: Conv, Relu, LRN, MaxPool; AveragePool,
/// GlobalAveragePool and ReduceMean that amount to an adaptive pool; Gemm, MatMul and Add; Reshape,
/// Flatten, Dropout, Identity, Cast; Softmax, LogSoftmax or neither at the end, which all become
/// LogSoftmax; Sub, Mul, Div and Add of constants on the input; and arithmetic on shapes, which is
/// computed here. Weights are float32, float16, bfloat16 or float64, in the file or beside it
/// (external data, only within the file's folder); missing biases are zeros. Parameters are under
/// the names of `architecture.parameters()`, in its order.
///
/// Memory: the file's size where it holds float32 as raw data (beside its own pages, mapped while
/// it is read); at most 32 times the size of the file and its external data, and 64 MiB, whatever
/// is in it. Large float32 tensors of external data stay in the mapped file, which must not be
/// overwritten in place meanwhile.
///
/// Throws Error, naming the file and the node or tensor, when the file is missing, damaged, larger
/// than 2 GB, or anything else than such a chain.
OnnxNetwork read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options = {});

}  // namespace alexnet
