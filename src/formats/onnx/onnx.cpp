#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/file.h"
#include "core/json.h"
#include "core/printable.h"
#include "formats/common/architecture_json.h"
#include "formats/common/named_architecture.h"
#include "formats/onnx/file.h"
#include "formats/onnx/layers.h"
#include "formats/onnx/pool.h"
#include "formats/onnx/quantised.h"
#include "formats/onnx/shapes.h"
#include "formats/onnx/tensors.h"

namespace alexnet {
namespace {

constexpr int kUsualSize = 224;
constexpr std::int64_t kLargestSize = 65'536;

using Metadata = std::map<std::string, std::string>;

// None where they are somebody else's.
std::optional<Architecture> architecture_in(const Metadata& metadata) {
  const auto text = metadata.find("architecture");
  if (text == metadata.end()) return std::nullopt;
  try {
    return architecture_from_json(parse_json(text->second, ""), "");
  } catch (const Error&) {
    return std::nullopt;
  }
}

template <class IsMeant>
bool has_input(const onnx::GraphProto& graph, const IsMeant& is_meant) {
  return std::ranges::any_of(graph.node(), [&](const onnx::NodeProto& node) {
    return std::ranges::any_of(node.input(), is_meant);
  });
}

// Names as in Caffe's prototxt; Caffe2 adds numbers to its own. A quantiser, whose name the file
// then has, adds to them.
bool comes_from_caffe(const onnx::ModelProto& model) {
  std::string producer = model.producer_name();
  std::ranges::transform(producer, producer.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (producer.find("caffe") != std::string::npos) return true;
  const onnx::GraphProto& graph = model.graph();
  if (has_input(graph, [](std::string_view name) { return name.starts_with("conv1_w_0"); })) {
    return true;
  }
  const bool has_data = std::ranges::any_of(graph.input(), [](const auto& input) {
    return input.name() == "data" || input.name() == "data_0";
  });
  return has_data && has_input(graph, [](std::string_view name) {
           return name.starts_with("conv1_w") || name.starts_with("conv1.w") || name == "conv1" ||
                  name == "conv1_quantized";
         });
}

// None where the metadata do not say.
std::optional<Size> size_in_metadata(const Metadata& metadata) {
  const auto net = architecture_in(metadata);
  return net ? std::optional(net->input_size()) : std::nullopt;
}

// A pool that write_onnx folded into the Linear behind it comes out again.
void unfold_pool(OnnxNetwork& network) {
  const auto whole = architecture_in(network.metadata);
  const auto folded = whole ? fold_pool(*whole) : std::nullopt;
  if (!folded) return;
  const Metadata as_folded{{"architecture", to_text(architecture_to_json(folded->architecture))}};
  if (named_architecture(network.architecture, "", "", as_folded) != folded->architecture) return;
  const std::vector<ParameterSpec> specs = whole->parameters();
  const auto at = std::ranges::find(specs, folded->weight_name, &ParameterSpec::name);
  Tensor& weight = (network.parameters.begin() + (at - specs.begin()))->tensor;
  auto unfolded = unfold_weight(*folded, weight);
  if (!unfolded) return;
  weight = std::move(*unfolded);
  auto spec = specs.begin();  // with dropout, which the graph leaves out, layers have other numbers
  for (NamedTensor& entry : network.parameters) entry.name = spec++->name;
  network.architecture = *whole;
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
  [[noreturn]] void refuse(const std::string& why, ErrorKind kind = ErrorKind::bad_input) const {
    throw Error(fmt::format("{}: {}", source_, why), kind);
  }
  std::int64_t find_opset(const onnx::ModelProto& model) const;
  const onnx::ValueInfoProto& images() const;
  std::optional<std::int64_t> extent(const onnx::ValueInfoProto& value, int axis) const;
  bool leaves_size_open() const;
  Architecture empty_architecture(const OnnxReadOptions& options, const Metadata& metadata) const;
  std::string chosen_output(const std::string& name) const;
  bool is_needed(const onnx::NodeProto& node) const;
  void need_inputs(const onnx::NodeProto& node);
  void find_needed(const std::string& output);
  void define(const std::string& name, OnnxValue value);
  void read_constants();
  void read_nodes(const std::string& output, OnnxLayers& layers);
  void read_node(onnx::NodeProto& node, OnnxLayers& layers);
  void read_quantised(const onnx::NodeProto& node, OnnxNode& reader);
  void settle_quantised(OnnxValue& result, OnnxLayers& layers) const;
  void read_if(onnx::NodeProto& node, OnnxNode& reader, OnnxLayers& layers);

  onnx::GraphProto& graph_;
  std::string_view source_;
  std::int64_t opset_;
  OnnxTensors tensors_;
  OnnxDequantiser dequantiser_{tensors_};
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
                         printable(found->name()), printable(input.name())),
             ErrorKind::unsupported);
    }
    found = &input;
  }
  if (found == nullptr) refuse("it has no input");
  if (found->type().tensor_type().shape().dim_size() != 4) {
    refuse(fmt::format("its input '{}' is not images (n, c, h, w)", printable(found->name())),
           ErrorKind::unsupported);
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
    refuse(fmt::format("its input '{}' has an extent of {} on axis {}; 1 to {} can be read",
                       printable(value.name()), size, axis, kLargestSize));
  }
  return size;
}

bool GraphReader::leaves_size_open() const {
  return !extent(images(), 2) || !extent(images(), 3);
}

Architecture GraphReader::empty_architecture(const OnnxReadOptions& options,
                                             const Metadata& metadata) const {
  const onnx::ValueInfoProto& input = images();
  const auto channels = extent(input, 1);
  if (!channels) {
    refuse(
        fmt::format("its input '{}' does not say how many channels it has; export it with "
                    "their number",
                    printable(input.name())));
  }
  const Size otherwise = size_in_metadata(metadata).value_or(kUsualSize);
  const auto side = [&](int axis, const char* key, int wanted, int open) {
    const auto fixed = extent(input, axis);
    if (fixed && wanted != 0 && *fixed != wanted) {
      refuse(fmt::format("its {} is {} and cannot be {}; leave the image size to the file", key,
                         *fixed, wanted));
    }
    if (fixed) return static_cast<int>(*fixed);
    return wanted != 0 ? wanted : open;
  };
  return {.name = "onnx",
          .in_channels = static_cast<int>(*channels),
          .height = side(2, "height", options.image_size.height, otherwise.height),
          .width = side(3, "width", options.image_size.width, otherwise.width),
          .layers = {}};
}

std::string GraphReader::chosen_output(const std::string& name) const {
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& output : graph_.output()) names.push_back(output.name());
  if (std::ranges::find(names, name) != names.end()) return name;
  if (name.empty() && names.size() == 1) return names.front();
  if (names.empty()) refuse("it has no output");
  for (std::string& shown : names) shown = fmt::format("'{}'", printable(shown));
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (!name.empty()) {
    refuse(fmt::format("it has no output '{}', only {}", printable(name), all),
           ErrorKind::not_found);
  }
  refuse(fmt::format("it has {} outputs, {}; say which (convert it with --graph-output NAME)",
                     names.size(), all),
         ErrorKind::unsupported);
}

bool GraphReader::is_needed(const onnx::NodeProto& node) const {
  return std::ranges::any_of(node.output(),
                             [&](const std::string& name) { return needed_.contains(name); });
}

// Graphs within the node use what is outside of them.
void GraphReader::need_inputs(const onnx::NodeProto& node) {
  needed_.insert(node.input().begin(), node.input().end());
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    for (const onnx::NodeProto& inner : attribute.g().node()) need_inputs(inner);
  }
}

// Going back from the output.
void GraphReader::find_needed(const std::string& output) {
  needed_ = {output};
  for (int i = graph_.node_size(); i-- > 0;) {
    const onnx::NodeProto& node = graph_.node(i);
    if (is_needed(node)) need_inputs(node);
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
  const bool is_quantised = OnnxDequantiser::knows(reader);
  if (is_quantised) read_quantised(node, reader);
  if (!node.domain().empty() && node.domain() != "ai.onnx") {
    reader.refuse(
        fmt::format("it is of the domain '{}', not ONNX's own", printable(node.domain())));
  }
  if (node.op_type() == "If") return read_if(node, reader, layers);
  bool has_activation = false;
  for (std::size_t i = 0; i < reader.input_count(); ++i) {
    has_activation = has_activation || reader.is_computed(i);
  }
  const bool is_layer = has_activation && node.op_type() != "Shape";
  OnnxValue result =
      is_layer ? OnnxValue(layers.apply(reader)) : fold_shapes(reader, batch_, tensors_);
  reader.finish();
  if (is_quantised) settle_quantised(result, layers);
  define(node.output(0), std::move(result));
}

void GraphReader::settle_quantised(OnnxValue& result, OnnxLayers& layers) const {
  if (auto* denominator = std::get_if<OnnxDenominator>(&result)) {
    denominator->zero = dequantiser_.zero();
  } else if (std::holds_alternative<OnnxActivation>(result) && dequantiser_.cuts_negatives()) {
    layers.cut_negatives();
    result = layers.last();
  }
}

// The scale and zero point of what comes from the images are known when it runs: what they do is
// undone behind.
void GraphReader::read_quantised(const onnx::NodeProto& node, OnnxNode& reader) {
  const bool is_dynamic = node.op_type() == "DynamicQuantizeLinear";
  dequantiser_.translate(reader);
  if (!is_dynamic) return;
  if (node.output_size() > 1) define(node.output(1), OnnxConstant{.shape = {}, .fill = 1.0F});
  if (node.output_size() > 2) define(node.output(2), OnnxConstant{.shape = {}, .fill = 0.0F});
}

// The branch that is taken is part of the chain.
void GraphReader::read_if(onnx::NodeProto& node, OnnxNode& reader, OnnxLayers& layers) {
  const auto condition = reader.known_integers(0);
  if (condition.size() != 1) reader.unsupported("its condition must be one number");
  onnx::GraphProto& branch = reader.graph(condition[0] != 0 ? "then_branch" : "else_branch");
  for (onnx::TensorProto& tensor : *branch.mutable_initializer()) {
    define(tensor.name(), onnx_constant(tensor, tensors_));
  }
  for (onnx::NodeProto& inner : *branch.mutable_node()) read_node(inner, layers);
  const auto result =
      branch.output_size() == 1 ? values_.find(branch.output(0).name()) : values_.end();
  if (result == values_.end() || node.output_size() != 1) {
    reader.unsupported("its branches must make one value");
  }
  OnnxValue value = result->second;
  define(node.output(0), std::move(value));
}

// Of a node's outputs only the first is the layer's; a training Dropout has its mask as well.
void GraphReader::read_nodes(const std::string& output, OnnxLayers& layers) {
  for (onnx::NodeProto& node : *graph_.mutable_node()) {
    if (is_needed(node)) read_node(node, layers);
  }
  const auto last = values_.find(output);
  const auto* made = last == values_.end() ? nullptr : std::get_if<OnnxActivation>(&last->second);
  if (made == nullptr || made->step != layers.last().step || layers.is_open()) {
    refuse(fmt::format("its output '{}' is not what its last layer makes", printable(output)),
           ErrorKind::unsupported);
  }
}

OnnxNetwork GraphReader::read(const OnnxReadOptions& options, Metadata metadata) {
  Architecture net = empty_architecture(options, metadata);
  const std::string output = chosen_output(options.output);
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
  network.has_open_size = leaves_size_open() && !size_in_metadata(metadata);
  network.is_quantised = dequantiser_.is_used();
  network.metadata = std::move(metadata);
  unfold_pool(network);
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
  const bool is_from_caffe = comes_from_caffe(*model);
  OnnxNetwork network =
      GraphReader(*model, file.size(), folder, source).read(options, std::move(metadata));
  network.is_from_caffe = is_from_caffe;
  return network;
}

OnnxNetwork read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options) {
  const MappedFile file(path);
  const auto folder = path.has_parent_path() ? path.parent_path() : ".";
  return parse_onnx(file.bytes(), folder, options, path.string());
}

}  // namespace alexnet
