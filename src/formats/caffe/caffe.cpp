// A Caffe network as a chain of layers, and its weights by the layers' names.
#include <alexnet/caffe.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/counted.h"
#include "core/file.h"
#include "core/printable.h"
#include "formats/caffe/file.h"
#include "formats/caffe/layers.h"
#include "formats/caffe/messages.h"
#include "formats/common/named_architecture.h"

namespace alexnet {
namespace {

/// The layers that have weights, in order, by their names in the file.
using LayerNames = std::vector<std::string>;

struct Chain {
  Architecture architecture;
  LayerNames weighted;
};

bool has_weights(const Layer& layer) {
  return std::holds_alternative<Conv>(layer) || std::holds_alternative<Linear>(layer);
}

int as_extent(std::int64_t extent, const std::string& source) {
  constexpr std::int64_t kMost = 1 << 24;
  if (extent < 1 || extent > kMost) {
    throw Error(fmt::format("{}: its input has an extent of {}; 1 to {} can be read", source,
                            extent, kMost));
  }
  return static_cast<int>(extent);
}

/// The layers of a prototxt one after another, each fed by the one before.
class ChainReader {
 public:
  ChainReader(const caffe::NetParameter& net, std::string_view source)
      : net_(net), source_(source) {}

  Chain read() {
    read_input();
    for (const caffe::LayerParameter& layer : net_.layer()) {
      if (layer.type() == "Input") continue;
      add(layer);
    }
    if (layers().empty() || !std::holds_alternative<LogSoftmax>(layers().back())) {
      layers().emplace_back(LogSoftmax{});
    }
    return std::move(chain_);
  }

 private:
  std::vector<Layer>& layers() { return chain_.architecture.layers; }

  std::string where(const caffe::LayerParameter& layer) const {
    return fmt::format("{}: layer '{}'", source_, printable(layer.name()));
  }

  // From `input` and its sizes, or from a layer of the type Input.
  void read_input() {
    std::vector<std::int64_t> shape(net_.input_dim().begin(), net_.input_dim().end());
    if (net_.input_shape_size() > 0) {
      shape.assign(net_.input_shape(0).dim().begin(), net_.input_shape(0).dim().end());
    }
    if (net_.input_size() > 0) blob_ = net_.input(0);
    for (const caffe::LayerParameter& layer : net_.layer()) {
      if (layer.type() != "Input") continue;
      if (layer.top_size() != 1 || layer.input_param().shape_size() != 1) {
        throw Error(fmt::format("{}: only one input of one shape is known", where(layer)),
                    ErrorKind::unsupported);
      }
      const auto& dims = layer.input_param().shape(0).dim();
      shape.assign(dims.begin(), dims.end());
      blob_ = layer.top(0);
    }
    if (shape.size() != 4 || net_.input_size() > 1) {
      throw Error(fmt::format(
          "{}: does not say the four extents of one input; use the deploy.prototxt", source_));
    }
    chain_.architecture.in_channels = as_extent(shape[1], source_);
    chain_.architecture.height = as_extent(shape[2], source_);
    chain_.architecture.width = as_extent(shape[3], source_);
  }

  void add(const caffe::LayerParameter& layer) {
    const Layer next = caffe_layer(layer, where(layer));
    if (layer.bottom_size() != 1 || layer.top_size() != 1 || layer.bottom(0) != blob_) {
      throw Error(fmt::format("{}: does not follow on '{}'; only layers in a row are known",
                              where(layer), printable(blob_)),
                  ErrorKind::unsupported);
    }
    blob_ = layer.top(0);
    const bool flat = std::ranges::any_of(
        layers(), [](const Layer& l) { return std::holds_alternative<Flatten>(l); });
    if (std::holds_alternative<Linear>(next) && !flat) layers().emplace_back(Flatten{});
    if (has_weights(next)) chain_.weighted.push_back(layer.name());
    layers().push_back(next);
  }

  const caffe::NetParameter& net_;
  std::string source_;
  std::string blob_ = "data";  // the last layer's output
  Chain chain_;
};

// The shape of V2's blobs, or what V1's four extents leave when leading ones are dropped.
Shape blob_shape(const caffe::BlobProto& blob, std::size_t rank) {
  Shape shape;
  if (blob.has_shape()) {
    shape.assign(blob.shape().dim().begin(), blob.shape().dim().end());
  } else {
    shape = {blob.num(), blob.channels(), blob.height(), blob.width()};
  }
  while (shape.size() > rank && shape.front() == 1) shape.erase(shape.begin());
  return shape;
}

// `what` begins what is wrong with it: "net.caffemodel: layer 'fc8': its weights".
Tensor take_blob(caffe::BlobProto& blob, const Shape& wanted, const std::string& what) {
  const Shape shape = blob_shape(blob, wanted.size());
  if (shape != wanted) {
    throw Error(fmt::format("{} have shape {} where {} is needed", what, to_string(shape),
                            to_string(wanted)));
  }
  if (blob.data_size() > 0 && blob.double_data_size() > 0) {
    throw Error(fmt::format("{} are damaged: {} and {}, where all are one or the other", what,
                            counted(blob.data_size(), "float"),
                            counted(blob.double_data_size(), "double")));
  }
  const std::int64_t count = std::int64_t{blob.data_size()} + blob.double_data_size();
  if (count != element_count(wanted)) {
    throw Error(fmt::format("{} are damaged: {} of shape {}, which needs {}", what,
                            counted(count, "number"), to_string(wanted), element_count(wanted)));
  }
  Tensor tensor(wanted);
  if (blob.data_size() > 0) {
    std::ranges::copy(blob.data(), tensor.data());
  } else {
    std::ranges::transform(blob.double_data(), tensor.data(),
                           [](double value) { return static_cast<float>(value); });
  }
  blob.Clear();
  return tensor;
}

Parameters take_parameters(const Chain& chain, caffe::NetParameter& weights,
                           const std::string& source) {
  std::map<std::string, caffe::LayerParameter*, std::less<>> by_name;
  for (caffe::LayerParameter& layer : *weights.mutable_layer()) {
    if (layer.blobs_size() > 0) by_name.emplace(layer.name(), &layer);
  }
  const std::vector<ParameterSpec> specs = chain.architecture.parameters();
  Parameters parameters;
  for (std::size_t i = 0; i < chain.weighted.size(); ++i) {
    const std::string name = printable(chain.weighted[i]);
    const auto found = by_name.find(chain.weighted[i]);
    if (found == by_name.end()) {
      throw Error(fmt::format(
          "{}: has no weights of the prototxt's layer '{}'; give the prototxt that belongs to it",
          source, name));
    }
    const std::string where = fmt::format("{}: layer '{}'", source, name);
    auto& blobs = *found->second->mutable_blobs();
    const ParameterSpec& weight = specs[2 * i];
    const ParameterSpec& bias = specs[2 * i + 1];
    parameters.add(weight.name, take_blob(blobs[0], weight.shape, where + ": its weights"));
    parameters.add(bias.name, blobs.size() > 1
                                  ? take_blob(blobs[1], bias.shape, where + ": its biases")
                                  : Tensor(bias.shape));
  }
  return parameters;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

CaffeNetwork parse_caffe(const CaffeSource& prototxt, const CaffeSource& caffemodel) {
  const caffe::NetParameter net = parse_prototxt(text_of(prototxt.bytes), prototxt.name);
  Chain chain = ChainReader(net, prototxt.name).read();
  try {
    chain.architecture.name = "caffe";
    chain.architecture.validate();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", prototxt.name, error.what()), error.kind());
  }
  chain.architecture = named_architecture(std::move(chain.architecture), net.name(), "caffe");
  caffe::NetParameter weights = parse_caffemodel(caffemodel.bytes, caffemodel.name);
  Parameters parameters = take_parameters(chain, weights, caffemodel.name);
  return {.architecture = std::move(chain.architecture), .parameters = std::move(parameters)};
}

CaffeNetwork read_caffe(const std::filesystem::path& prototxt,
                        const std::filesystem::path& caffemodel) {
  const MappedFile text(prototxt);
  const MappedFile model(caffemodel);
  return parse_caffe({text.bytes(), prototxt.string()}, {model.bytes(), caffemodel.string()});
}

std::vector<float> parse_caffe_mean(const CaffeSource& file) {
  const caffe::BlobProto blob = parse_binaryproto(file.bytes, file.name);
  const Shape shape = blob_shape(blob, 3);
  if (shape.size() != 3 || shape[0] < 1 || shape[1] < 1 || shape[2] < 1 ||
      element_count(shape) != blob.data_size()) {
    throw Error(fmt::format("{}: not a mean image: it has shape {} and {}", file.name,
                            to_string(shape), counted(blob.data_size(), "number")));
  }
  std::vector<float> means;
  const auto area = static_cast<std::ptrdiff_t>(shape[1] * shape[2]);
  auto channel = blob.data().begin();
  for (std::int64_t c = 0; c < shape[0]; ++c, channel += area) {
    means.push_back(static_cast<float>(std::accumulate(channel, channel + area, 0.0) /
                                       static_cast<double>(area)));
  }
  return means;
}

std::vector<float> read_caffe_mean(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_caffe_mean({file.bytes(), path.string()});
}

}  // namespace alexnet
