#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <alexnet/version.h>
#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <bit>
#include <exception>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/file.h"
#include "formats/common/model_metadata.h"
#include "formats/common/pool_windows.h"
#include "formats/onnx/initializers.h"
#include "formats/onnx/pool.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores little-endian floats");

constexpr int kOldestOpset = 13;
constexpr int kNewestOpset = 21;
constexpr std::string_view kBatch = "batch";
constexpr std::string_view kImages = "images";

// ONNX's table of versions: each opset came with the IR of its release.
int ir_version(int opset) {
  if (opset < 15) return 7;
  if (opset < 19) return 8;
  return opset < 21 ? 9 : 10;
}

// (batch, extents...)
void describe_value(onnx::ValueInfoProto& value, std::string_view name, const Shape& extents) {
  value.set_name(std::string(name));
  onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param(std::string(kBatch));
  for (const std::int64_t extent : extents) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

/// Adds nodes one behind the other.
class GraphWriter {
 public:
  GraphWriter(onnx::GraphProto& graph, std::string_view input) : graph_(graph), value_(input) {}

  /// A node from the current value to a new one; `inputs` come after the current value.
  onnx::NodeProto& node(const std::string& type, const std::string& name,
                        const std::vector<std::string>& inputs = {}) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(type);
    node.set_name(unused(name));
    node.add_input(std::exchange(value_, node.name()));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(node.name());
    return node;
  }

  /// Gives the name by which nodes have it.
  std::string constant(const std::string& name, const Shape& shape, std::span<const float> values) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(unused(name));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : shape) tensor.add_dims(extent);
    tensor.set_raw_data(values.data(), values.size_bytes());
    return tensor.name();
  }

 private:
  // Two adaptive pools have the same name.
  std::string unused(std::string name) {
    while (!names_.insert(name).second) name += '_';
    return name;
  }

  onnx::GraphProto& graph_;
  std::string value_;
  std::set<std::string> names_;
};

onnx::AttributeProto& attribute(onnx::NodeProto& node, const char* name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void set_real(onnx::NodeProto& node, const char* name, float value) {
  attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void set_integers(onnx::NodeProto& node, const char* name,
                  const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& list = attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) list.add_ints(value);
}

/// Writes each layer as the nodes that compute it.
class LayerWriter {
 public:
  LayerWriter(GraphWriter& graph, const LayerInfo& info) : graph_(graph), info_(info) {}

  void operator()(const Conv& conv) const {
    onnx::NodeProto& node =
        graph_.node("Conv", info_.name, {info_.name + ".weight", info_.name + ".bias"});
    set_integer(node, "group", conv.groups);
    set_windows(node, {.kernel = conv.kernel, .stride = conv.stride, .begin = conv.padding});
  }

  void operator()(const Relu& /*relu*/) const { graph_.node("Relu", info_.name); }

  void operator()(const MaxPool& pool) const {
    set_windows(graph_.node("MaxPool", info_.name), {.kernel = pool.kernel, .stride = pool.stride});
  }

  void operator()(const LocalResponseNorm& norm) const {
    onnx::NodeProto& node = graph_.node("LRN", info_.name);
    set_integer(node, "size", norm.size);
    const float divided = norm.divide_by_size ? 1.0F : static_cast<float>(norm.size);
    set_real(node, "alpha", norm.alpha * divided);
    set_real(node, "beta", norm.beta);
    set_real(node, "bias", norm.k);
  }

  void operator()(const AdaptiveAvgPool& /*pool*/) const {
    if (info_.input == info_.output) return;
    const auto rows = uniform_windows(info_.input[1], info_.output[1]);
    const auto columns = uniform_windows(info_.input[2], info_.output[2]);
    if (rows && columns) {
      onnx::NodeProto& node = graph_.node("AveragePool", info_.name);
      set_integers(node, "kernel_shape", {rows->kernel, columns->kernel});
      set_integers(node, "strides", {rows->stride, columns->stride});
    } else {
      write_as_products();
    }
  }

  void operator()(const Flatten& /*flatten*/) const {
    set_integer(graph_.node("Flatten", "flatten"), "axis", 1);
  }

  void operator()(const Dropout& /*dropout*/) const {}

  void operator()(const Linear& /*linear*/) const {
    onnx::NodeProto& node =
        graph_.node("Gemm", info_.name, {info_.name + ".weight", info_.name + ".bias"});
    set_integer(node, "transB", 1);
  }

  void operator()(const LogSoftmax& /*softmax*/) const {
    set_integer(graph_.node("LogSoftmax", "log_softmax"), "axis", 1);
  }

 private:
  // An overhang becomes end padding: not every runtime has ceil_mode, and Conv has none.
  void set_windows(onnx::NodeProto& node, const AxisWindows& windows) const {
    const std::int64_t bottom = end_padding(info_.input[1], windows, info_.output[1]);
    const std::int64_t right = end_padding(info_.input[2], windows, info_.output[2]);
    set_integers(node, "kernel_shape", {windows.kernel, windows.kernel});
    set_integers(node, "strides", {windows.stride, windows.stride});
    set_integers(node, "pads", {windows.begin, windows.begin, bottom, right});
  }

  // rows (out, h) x map (h, w) x columns (w, out)
  void write_as_products() const {
    const Tensor rows = pooling_matrix(info_.input[1], info_.output[1]);
    const Tensor shares = pooling_matrix(info_.input[2], info_.output[2]);
    Tensor columns({info_.input[2], info_.output[2]});
    for (std::int64_t out = 0; out < info_.output[2]; ++out) {
      for (std::int64_t in = 0; in < info_.input[2]; ++in) {
        columns[in * info_.output[2] + out] = shares[out * info_.input[2] + in];
      }
    }
    graph_.node("MatMul", info_.name + ".pooled_columns",
                {graph_.constant(info_.name + ".columns", columns.shape(), columns.values())});
    onnx::NodeProto& node = graph_.node(
        "MatMul", info_.name, {graph_.constant(info_.name + ".rows", rows.shape(), rows.values())});
    node.mutable_input()->SwapElements(0, 1);
  }

  GraphWriter& graph_;
  const LayerInfo& info_;
};

// For each pixel of the centre crop, (c, h, w).
std::vector<float> centre_shift(const MeanImage& mean, const std::vector<float>& deviation,
                                const Architecture& net) {
  std::vector<float> shift;
  const int top = centre_offset(mean.size.height - net.height);
  const int left = centre_offset(mean.size.width - net.width);
  for (int c = 0; c < net.in_channels; ++c) {
    for (int y = top; y < top + net.height; ++y) {
      for (int x = left; x < left + net.width; ++x) {
        const int at = (y * mean.size.width + x) * mean.channels + c;
        shift.push_back(static_cast<float>(-double{mean.values[static_cast<std::size_t>(at)]} /
                                           deviation[static_cast<std::size_t>(c)]));
      }
    }
  }
  return shift;
}

// x = (pixel / 255 - mean) / deviation as pixel * scale + shift
void write_normalization(GraphWriter& graph, const Normalization& normalization,
                         const Architecture& net) {
  const auto count = static_cast<std::size_t>(net.in_channels);
  std::vector<float> scale(count, 1.0F / 255.0F);
  std::vector<float> shift(count, 0.0F);
  for (std::size_t c = 0; c < normalization.mean.size(); ++c) {
    const double deviation = normalization.deviation[c];
    scale[c] = static_cast<float>(1.0 / (255.0 * deviation));
    shift[c] = static_cast<float>(-normalization.mean[c] / deviation);
  }
  Shape shape{1, net.in_channels, 1, 1};
  graph.node("Mul", "normalization.scaled", {graph.constant("normalization.scale", shape, scale)});
  if (const MeanImage* mean = normalization.mean_image.get(); mean != nullptr) {
    shift = centre_shift(*mean, normalization.deviation, net);
    shape = {1, net.in_channels, net.height, net.width};
  }
  graph.node("Add", "normalization", {graph.constant("normalization.shift", shape, shift)});
}

void write_graph(onnx::GraphProto& graph, const Architecture& net,
                 const Normalization& normalization, const OnnxWriteOptions& options) {
  graph.set_name(net.name);
  describe_value(*graph.add_input(), kImages, {net.in_channels, net.height, net.width});
  GraphWriter writer(graph, kImages);
  if (options.bake_normalization) write_normalization(writer, normalization, net);
  const bool logits = options.output == OnnxOutput::logits;
  const std::vector<LayerInfo> infos = net.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (logits && i + 1 == infos.size()) break;
    std::visit(LayerWriter(writer, infos[i]), net.layers[i]);
  }
  const char* output = logits ? "logits" : "log_probabilities";
  graph.mutable_node(graph.node_size() - 1)->set_output(0, output);
  describe_value(*graph.add_output(), output, infos.back().output);
}

// A mean image is no metadata: it is in the graph, or left to the channels' means.
void write_header(onnx::ModelProto& file, const Model& model, int opset) {
  file.set_ir_version(ir_version(opset));
  file.add_opset_import()->set_version(opset);
  file.set_producer_name("alexnet");
  file.set_producer_version(std::string(version()));
  const Model described{.architecture = model.architecture,
                        .parameters = {},
                        .classes = model.classes,
                        .preprocess = model.preprocess,
                        .normalization = {model.normalization.mean, model.normalization.deviation},
                        .provenance = model.provenance};
  for (const auto& [key, value] : model_metadata(described)) {
    onnx::StringStringEntryProto& entry = *file.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
}

/// Hands protobuf's bytes to a file, and keeps what that throws from passing through protobuf.
class FileSink : public google::protobuf::io::CopyingOutputStream {
 public:
  explicit FileSink(AtomicFile& file) : file_(file) {}

  bool Write(const void* bytes, int size) override {  // NOLINT(readability-identifier-naming)
    try {
      file_.write({static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size)});
      return true;
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  AtomicFile& file_;
  std::exception_ptr error_;
};

void write_message(const std::filesystem::path& path, const onnx::ModelProto& message) {
  AtomicFile file(path);
  FileSink sink(file);
  bool complete = false;
  {
    google::protobuf::io::CopyingOutputStreamAdaptor stream(&sink);
    complete = message.SerializeToZeroCopyStream(&stream) && stream.Flush();
  }
  sink.rethrow();
  if (!complete)
    throw Error(fmt::format("cannot write {}: protobuf gave up", path.string()),
                ErrorKind::internal);
  file.commit();
}

// Whether a message could not hold the parameters and the rest.
bool is_too_large(const Architecture& net) {
  constexpr std::int64_t kForTheRest = std::int64_t{1} << 24;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() - kForTheRest;
  return net.parameter_count() > kMost / static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

void write_onnx(const std::filesystem::path& path, const Model& model,
                const OnnxWriteOptions& options) {
  if (options.opset < kOldestOpset || options.opset > kNewestOpset) {
    throw Error(fmt::format("cannot write {}: opset {} is not one of {} to {}", path.string(),
                            options.opset, kOldestOpset, kNewestOpset),
                ErrorKind::unsupported);
  }
  check_fit(model.architecture, model.parameters, "this model cannot be saved");
  const auto folded = fold_pool(model.architecture);
  const Architecture& net = folded ? folded->architecture : model.architecture;
  onnx::ModelProto file;
  write_header(file, model, options.opset);
  onnx::GraphProto& graph = *file.mutable_graph();
  OnnxInitializers initializers(graph, path,
                                {.half_weights = options.half_weights,
                                 .external_data = options.external_data || is_too_large(net)});
  for (const NamedTensor& entry : model.parameters) {
    const bool is_folded = folded && entry.name == folded->weight_name;
    if (is_folded) {
      initializers.add(entry.name, fold_weight(*folded, entry.tensor));
    } else {
      initializers.add(entry.name, entry.tensor);
    }
  }
  write_graph(graph, net, model.normalization, options);
  initializers.commit();
  write_message(path, file);
}

}  // namespace alexnet
