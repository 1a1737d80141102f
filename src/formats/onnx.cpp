#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/file.h"
#include "formats/architecture_json.h"
#include "formats/json.h"
#include "formats/named_architecture.h"
#include "formats/onnx_file.h"
#include "formats/onnx_layers.h"
#include "formats/onnx_shapes.h"
#include "formats/onnx_tensors.h"
#include "formats/printable.h"

namespace alexnet {
namespace {

constexpr int kUsualSize = 224;
constexpr std::int64_t kLargestSize = 65'536;

using Metadata = std::map<std::string, std::string>;

int size_in_metadata(const Metadata& metadata, const char* key) {
  const auto text = metadata.find("architecture");
  if (text == metadata.end()) return kUsualSize;
  try {
    const Architecture net = architecture_from_json(parse_json(text->second, ""), "");
    return std::string_view(key) == "height" ? net.height : net.width;
  } catch (const Error&) {  // somebody else's metadata
    return kUsualSize;
  }
}

Parameters named_parameters(const Architecture& net, std::vector<OnnxWeights>&& weights) {
  const std::vector<ParameterSpec> specs = net.parameters();
  Parameters parameters;
  auto spec = specs.begin();
  for (auto& [weight, bias] : weights) {
    parameters.add(spec++->name, std::move(weight));
    parameters.add(spec++->name, std::move(bias));
  }
  return parameters;
}

/// Goes through a graph's nodes in their order.
class GraphReader {
 public:
  GraphReader(onnx::ModelProto& model, std::size_t file_size, const std::filesystem::path& folder,
              std::string_view source)
      : graph_(*model.mutable_graph()),
        source_(source),
        opset_(find_opset(model)),
        tensors_(file_size, folder, source) {}

  OnnxNetwork read(const OnnxReadOptions& options, Metadata metadata);

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(fmt::format("{}: {}", source_, why));
  }
  std::int64_t find_opset(const onnx::ModelProto& model) const;
  const onnx::ValueInfoProto& images() const;
  std::optional<std::int64_t> extent(const onnx::ValueInfoProto& value, int axis) const;
  Architecture empty_architecture(const OnnxReadOptions& options, const Metadata& metadata) const;
  bool is_needed(const onnx::NodeProto& node) const;
  void find_needed(const std::string& output);
  void define(const std::string& name, OnnxValue value);
  void read_constants();
  void read_nodes(const std::string& output, OnnxLayers& layers);
  void read_node(onnx::NodeProto& node, OnnxLayers& layers);

  onnx::GraphProto& graph_;
  std::string_view source_;
  std::int64_t opset_;
  OnnxTensors tensors_;
  std::optional<std::int64_t> batch_;
  std::set<std::string> needed_;  // values that the output comes from
  std::map<std::string, OnnxValue> values_;
};

std::int64_t GraphReader::find_opset(const onnx::ModelProto& model) const {
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return opset.version();
  }
  return 1;  // the oldest files do not say
}

// Before IR version 4 initialisers are inputs too.
const onnx::ValueInfoProto& GraphReader::images() const {
  std::set<std::string_view> initializers;
  for (const onnx::TensorProto& tensor : graph_.initializer()) initializers.insert(tensor.name());
  const onnx::ValueInfoProto* found = nullptr;
  for (const onnx::ValueInfoProto& input : graph_.input()) {
    if (initializers.contains(input.name())) continue;
    if (found != nullptr) {
      refuse(fmt::format("it has the inputs '{}' and '{}' where only images can be taken",
                         printable(found->name()), printable(input.name())));
    }
    found = &input;
  }
  if (found == nullptr) refuse("it has no input");
  if (found->type().tensor_type().shape().dim_size() != 4) {
    refuse(fmt::format("its input '{}' is not images (n, c, h, w)", printable(found->name())));
  }
  return *found;
}

// None where the file leaves it open.
std::optional<std::int64_t> GraphReader::extent(const onnx::ValueInfoProto& value, int axis) const {
  const auto& dimension = value.type().tensor_type().shape().dim(axis);
  if (!dimension.has_dim_value()) return std::nullopt;
  const std::int64_t size = dimension.dim_value();
  if (axis == 0 && size <= 0) return std::nullopt;  // how some exporters write any batch
  if (size < 1 || size > kLargestSize) {
    refuse(fmt::format("its input '{}' has {} on axis {}", printable(value.name()), size, axis));
  }
  return size;
}

Architecture GraphReader::empty_architecture(const OnnxReadOptions& options,
                                             const Metadata& metadata) const {
  const onnx::ValueInfoProto& input = images();
  const auto channels = extent(input, 1);
  if (!channels) {
    refuse(fmt::format("its input '{}' does not say how many channels it has",
                       printable(input.name())));
  }
  const auto side = [&](int axis, const char* key) {
    const auto fixed = extent(input, axis);
    if (fixed && options.image_size != 0 && *fixed != options.image_size) {
      refuse(fmt::format("its {} is {} and cannot be {}; leave the image size to the file", key,
                         *fixed, options.image_size));
    }
    if (fixed) return static_cast<int>(*fixed);
    return options.image_size != 0 ? options.image_size : size_in_metadata(metadata, key);
  };
  return {.name = "onnx",
          .in_channels = static_cast<int>(*channels),
          .height = side(2, "height"),
          .width = side(3, "width"),
          .layers = {}};
}

bool GraphReader::is_needed(const onnx::NodeProto& node) const {
  return std::ranges::any_of(node.output(),
                             [&](const std::string& name) { return needed_.contains(name); });
}

// Going back from the output.
void GraphReader::find_needed(const std::string& output) {
  needed_ = {output};
  for (int i = graph_.node_size(); i-- > 0;) {
    const onnx::NodeProto& node = graph_.node(i);
    if (is_needed(node)) needed_.insert(node.input().begin(), node.input().end());
    needed_.erase("");  // an input that is left out
  }
}

void GraphReader::define(const std::string& name, OnnxValue value) {
  if (!values_.emplace(name, std::move(value)).second) {
    refuse(fmt::format("damaged, two things are called '{}'", printable(name)));
  }
}

void GraphReader::read_constants() {
  for (onnx::TensorProto& tensor : *graph_.mutable_initializer()) {
    if (needed_.contains(tensor.name())) define(tensor.name(), onnx_constant(tensor, tensors_));
  }
}

void GraphReader::read_node(onnx::NodeProto& node, OnnxLayers& layers) {
  std::vector<const OnnxValue*> inputs;
  const std::string* unknown = nullptr;
  for (const std::string& name : node.input()) {
    const auto found = values_.find(name);
    inputs.push_back(found == values_.end() ? nullptr : &found->second);
    if (found == values_.end() && !name.empty()) unknown = &name;
  }
  OnnxNode reader(node, std::move(inputs), opset_, source_);
  if (unknown != nullptr) {
    reader.refuse(fmt::format("nothing before it makes its input '{}'", printable(*unknown)));
  }
  if (!node.domain().empty() && node.domain() != "ai.onnx") {
    reader.refuse(
        fmt::format("it is of the domain '{}', not ONNX's own", printable(node.domain())));
  }
  bool has_activation = false;
  for (std::size_t i = 0; i < reader.input_count(); ++i) {
    has_activation = has_activation || reader.is_activation(i);
  }
  const bool is_layer = has_activation && node.op_type() != "Shape";
  OnnxValue result =
      is_layer ? OnnxValue(layers.apply(reader)) : fold_shapes(reader, batch_, tensors_);
  reader.finish();
  define(node.output(0), std::move(result));
}

// Of a node's outputs only the first is the layer's; a training Dropout has its mask as well.
void GraphReader::read_nodes(const std::string& output, OnnxLayers& layers) {
  for (onnx::NodeProto& node : *graph_.mutable_node()) {
    if (is_needed(node)) read_node(node, layers);
  }
  const auto last = values_.find(output);
  const auto* made = last == values_.end() ? nullptr : std::get_if<OnnxActivation>(&last->second);
  if (made == nullptr || made->step != layers.last().step) {
    refuse(fmt::format("its output '{}' is not what its last layer makes", printable(output)));
  }
}

OnnxNetwork GraphReader::read(const OnnxReadOptions& options, Metadata metadata) {
  if (graph_.output_size() != 1) {
    refuse(fmt::format("it has {} outputs where only one can be read", graph_.output_size()));
  }
  Architecture net = empty_architecture(options, metadata);
  const std::string& output = graph_.output(0).name();
  const onnx::ValueInfoProto& input = images();
  batch_ = extent(input, 0);
  find_needed(output);
  read_constants();
  OnnxLayers layers(tensors_, {net.in_channels, net.height, net.width}, batch_);
  define(input.name(), layers.last());
  read_nodes(output, layers);

  net.layers = layers.take_layers();
  try {
    net.validate();
  } catch (const Error& error) {
    refuse(error.what());
  }
  OnnxNetwork network;
  network.architecture = named_architecture(std::move(net), graph_.name(), "onnx", metadata);
  network.parameters = named_parameters(network.architecture, layers.take_weights());
  check_fit(network.architecture, network.parameters, source_);
  if (layers.affine()) network.normalization = layers.affine()->normalization(source_);
  network.metadata = std::move(metadata);
  return network;
}

}  // namespace

OnnxNetwork parse_onnx(std::span<const std::byte> file, const std::filesystem::path& folder,
                       const OnnxReadOptions& options, std::string_view source) {
  const auto model = parse_onnx_message(file, source);
  Metadata metadata;
  for (const onnx::StringStringEntryProto& entry : model->metadata_props()) {
    metadata.emplace(entry.key(), entry.value());
  }
  return GraphReader(*model, file.size(), folder, source).read(options, std::move(metadata));
}

OnnxNetwork read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options) {
  const MappedFile file(path);
  const auto folder = path.has_parent_path() ? path.parent_path() : ".";
  return parse_onnx(file.bytes(), folder, options, path.string());
}

}  // namespace alexnet
