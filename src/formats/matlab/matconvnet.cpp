// A network of MatConvNet as a chain of layers, with its weights.
#include <alexnet/error.h>
#include <alexnet/matlab.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/file.h"
#include "core/printable.h"
#include "formats/common/named_architecture.h"
#include "formats/common/pool_windows.h"
#include "formats/matlab/file.h"
#include "formats/matlab/input.h"
#include "formats/matlab/values.h"

namespace alexnet {
namespace {

using matlab::Value;

constexpr const char* kFormat = "matconvnet";
constexpr int kUsualSize = 227;  // of images, where the file does not say

[[noreturn]] void unsupported(const std::string& where, std::string_view why) {
  throw Error(fmt::format("{}: {}", where, why), ErrorKind::unsupported);
}

/// The layers one after another, each fed by the one before.
class ChainReader {
 public:
  ChainReader(MatConvNetwork& network, std::string source)
      : network_(network), source_(std::move(source)) {}

  void read(const Value& layers) {
    if (layers.kind != Value::Kind::cells) {
      unsupported(source_,
                  "its layers are no cell array of a SimpleNN network, as "
                  "vl_simplenn_tidy has it; a DagNN is not read");
    }
    map_ = {net().in_channels, net().height, net().width};
    for (std::size_t i = 0; i < layers.cells.size(); ++i) add(layers.cells[i], i);
    if (net().layers.empty() || !std::holds_alternative<LogSoftmax>(net().layers.back())) {
      net().layers.emplace_back(LogSoftmax{});
    }
    check_end();
  }

  /// In the order of Architecture::parameters.
  std::vector<Tensor> take_weights() { return std::move(weights_); }

 private:
  Architecture& net() { return network_.architecture; }

  void add(const Value& layer, std::size_t number) {
    const Value* type = layer.find("type");
    const Value* name = layer.find("name");
    where_ = fmt::format("{}: layer {}{}", source_, number + 1,
                         name != nullptr ? fmt::format(" ('{}')", printable(name->text)) : "");
    const std::string kind = type != nullptr ? type->text : "";
    if (!net().layers.empty() && std::holds_alternative<LogSoftmax>(net().layers.back())) {
      unsupported(where_, "comes behind the softmax, which is the last layer here");
    }
    if (kind == "conv") return add_conv(layer);
    if (kind == "relu") return add_relu(layer);
    if (kind == "pool") return add_pool(layer);
    if (kind == "lrn" || kind == "normalize") return add_norm(layer);
    if (kind == "dropout") return add_dropout(layer);
    if (kind == "softmax" || kind == "softmaxloss") return push(LogSoftmax{});
    unsupported(where_, fmt::format("of type '{}', which is not read; conv, relu, pool, lrn, "
                                    "normalize, dropout and softmax are",
                                    printable(kind)));
  }

  void check_end() {
    const std::vector<Layer>& all = net().layers;
    if (all.size() > 1 && std::holds_alternative<Linear>(all[all.size() - 2])) return;
    unsupported(source_, "does not end in a convolution over the whole map, which gives classes");
  }

  void push(Layer layer) { net().layers.push_back(layer); }

  std::vector<double> numbers(const Value& layer, std::string_view field,
                              std::vector<double> otherwise) const {
    const Value* value = layer.find(field);
    if (value == nullptr || value->kind == Value::Kind::other) return otherwise;
    std::vector<double> found = matlab::few_numbers(*value, fmt::format("{}: {}", where_, field));
    return found.empty() ? otherwise : found;
  }

  int whole(double number, std::string_view what) const {
    constexpr double kMost = 1 << 20;
    if (number < 0 || number > kMost || number != std::floor(number)) {
      throw Error(fmt::format("{}: {} is no {}", where_, number, what));
    }
    return static_cast<int>(number);
  }

  // One number, or as many that are the same.
  int one(const Value& layer, std::string_view field, double otherwise) const {
    const std::vector<double> found = numbers(layer, field, {otherwise});
    if (std::ranges::adjacent_find(found, std::ranges::not_equal_to{}) != found.end()) {
      unsupported(where_, fmt::format("{} is not the same on all sides", field));
    }
    return whole(found.front(), field);
  }

  // filters and biases.
  std::array<const Value*, 2> weights_of(const Value& layer) const {
    const Value* weights = layer.find("weights");
    if (weights != nullptr && weights->kind == Value::Kind::cells && !weights->cells.empty()) {
      return {&weights->cells.front(), weights->cells.size() > 1 ? &weights->cells[1] : nullptr};
    }
    return {layer.find("filters"), layer.find("biases")};
  }

  void add_conv(const Value& layer) {
    const auto [filters, biases] = weights_of(layer);
    if (filters == nullptr || filters->kind != Value::Kind::numbers || filters->shape.size() > 4) {
      throw Error(fmt::format("{}: has no weights (height, width, inputs, outputs)", where_));
    }
    Shape shape = filters->shape;  // (height, width, inputs, outputs)
    shape.resize(4, 1);            // MATLAB drops last extents of 1
    if (shape[0] != shape[1] && !covers_map(shape)) {
      unsupported(where_, fmt::format("its windows of {}x{} are not square", shape[0], shape[1]));
    }
    if (one(layer, "dilate", 1) != 1) unsupported(where_, "is dilated");
    const int stride = one(layer, "stride", 1);
    const int padding = one(layer, "pad", 0);
    if (covers_map(shape) && padding == 0) {
      add_linear(shape);
    } else {
      add_convolution(shape, stride, padding);
    }
    add_weights(*filters, shape, biases);
  }

  bool covers_map(const Shape& filters) const {
    return shape_is_map() && filters[0] == map_[1] && filters[1] == map_[2];
  }
  bool shape_is_map() const { return map_.size() == 3; }

  void add_linear(const Shape& filters) {
    if (filters[2] != map_[0]) {
      throw Error(fmt::format("{}: its weights take {} channels where there are {}", where_,
                              filters[2], map_[0]));
    }
    const bool flat = std::ranges::any_of(
        net().layers, [](const Layer& layer) { return std::holds_alternative<Flatten>(layer); });
    if (!flat) push(Flatten{});
    push(Linear{extent(filters[3])});
    map_ = {filters[3], 1, 1};
  }

  void add_convolution(const Shape& filters, int stride, int padding) {
    if (filters[2] < 1 || map_[0] % filters[2] != 0) {
      throw Error(fmt::format("{}: its weights take {} channels where there are {}", where_,
                              filters[2], map_[0]));
    }
    push(Conv{.out_channels = extent(filters[3]),
              .kernel = extent(filters[0]),
              .stride = std::max(stride, 1),
              .padding = padding,
              .groups = extent(map_[0] / filters[2])});
    advance();
  }

  int extent(std::int64_t number) const { return whole(static_cast<double>(number), "size"); }

  // To the map behind the layers so far.
  void advance() {
    try {
      map_ = net().describe().back().output;
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", where_, error.what()), error.kind());
    }
  }

  void add_relu(const Value& layer) {
    if (numbers(layer, "leak", {0}).front() != 0) unsupported(where_, "is a leaky ReLU");
    push(Relu{});
  }

  void add_pool(const Value& layer) {
    const Value* method = layer.find("method");
    if (method != nullptr && method->text != "max" && !method->text.empty()) {
      unsupported(where_,
                  fmt::format("pools by '{}'; only 'max' is read", printable(method->text)));
    }
    MaxPool pool{.kernel = one(layer, "pool", 1), .stride = one(layer, "stride", 1)};
    std::vector<double> pad = numbers(layer, "pad", {0});
    pad.resize(4, pad.front());  // top, bottom, left, right
    if (pad[0] != 0 || pad[2] != 0 || map_.size() != 3) {
      unsupported(where_, "is padded before the first row or column");
    }
    if (pool.stride < 1) throw Error(fmt::format("{}: has no stride", where_));
    const auto windows = [&](std::int64_t size, double end, bool ceil_mode) {
      return count_windows(size, {.kernel = pool.kernel,
                                  .stride = pool.stride,
                                  .end = whole(end, "padding"),
                                  .ceil_mode = ceil_mode});
    };
    const auto is_as = [&](bool ceil_mode) {
      return windows(map_[1], pad[1], false) == windows(map_[1], 0, ceil_mode) &&
             windows(map_[2], pad[3], false) == windows(map_[2], 0, ceil_mode);
    };
    if (!is_as(false) && !is_as(true)) unsupported(where_, "is padded by more than one window");
    pool.ceil_mode = is_as(true) && (!is_as(false) || pad[1] > 0 || pad[3] > 0);
    push(pool);
    advance();
  }

  // MatConvNet multiplies the sum by alpha as it is.
  void add_norm(const Value& layer) {
    const std::vector<double> param = numbers(layer, "param", {});
    if (param.size() != 4) throw Error(fmt::format("{}: param has no four numbers", where_));
    const int size = whole(param[0], "size");
    push(LocalResponseNorm{.size = size,
                           .k = static_cast<float>(param[1]),
                           .alpha = static_cast<float>(param[2] * size),
                           .beta = static_cast<float>(param[3]),
                           .divide_by_size = true});
    advance();
  }

  // Before Flatten there is no dropout here; it does nothing in use.
  void add_dropout(const Value& layer) {
    const bool flat = std::ranges::any_of(
        net().layers, [](const Layer& one) { return std::holds_alternative<Flatten>(one); });
    if (flat) push(Dropout{static_cast<float>(numbers(layer, "rate", {kDefaultDropout}).front())});
  }

  // (height, width, inputs, outputs) in column-major order as (outputs, inputs, height, width).
  void add_weights(const Value& filters, const Shape& shape, const Value* biases) {
    const bool is_linear = std::holds_alternative<Linear>(net().layers.back());
    const Shape wanted = is_linear ? Shape{shape[3], shape[0] * shape[1] * shape[2]}
                                   : Shape{shape[3], shape[2], shape[0], shape[1]};
    std::vector<float> columns(filters.numbers.size());
    filters.numbers.copy_to(std::span(columns));
    Tensor weight(wanted);
    float* to = weight.data();
    const auto height = static_cast<std::size_t>(shape[0]);
    const auto width = static_cast<std::size_t>(shape[1]);
    for (std::size_t plane = 0; plane < columns.size(); plane += height * width) {
      for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) *to++ = columns[plane + x * height + y];
      }
    }
    weights_.push_back(std::move(weight));
    Tensor bias({shape[3]});
    if (biases != nullptr && biases->kind == Value::Kind::numbers && biases->numbers.size() > 0) {
      if (biases->numbers.size() != static_cast<std::size_t>(shape[3])) {
        throw Error(fmt::format("{}: has {} biases for {} outputs", where_, biases->numbers.size(),
                                shape[3]));
      }
      biases->numbers.copy_to(bias.values());
    }
    weights_.push_back(std::move(bias));
  }

  MatConvNetwork& network_;
  std::string source_;
  std::string where_;
  Shape map_;                    // (c, h, w) behind the last layer
  std::vector<Tensor> weights_;  // and biases
};

const Value* field(const Value* value, std::string_view name) {
  return value == nullptr ? nullptr : value->find(name);
}

std::vector<std::string> class_names(const Value* classes) {
  std::vector<std::string> names;
  const Value* descriptions = field(classes, "description");
  if (descriptions == nullptr) return names;
  for (const Value& description : descriptions->cells) names.push_back(description.text);
  return names;
}

}  // namespace

MatConvNetwork parse_matconvnet(std::span<const std::byte> file, const std::string& source) {
  matlab::Variables variables = matlab::read_variables(file, source);
  Value whole;
  const auto net = variables.find("net");
  if (net != variables.end()) {
    whole = std::move(net->second);
  } else {
    whole.fields = std::move(variables);
  }
  const Value* layers = whole.find("layers");
  if (layers == nullptr) {
    unsupported(source, "holds no variable 'layers' or 'net' of a MatConvNet network");
  }
  const Value* meta = whole.find("meta");
  MatConvNetwork network;
  network.architecture.name = kFormat;
  network.architecture.height = network.architecture.width = kUsualSize;
  const Value* normalization = field(meta, "normalization");
  if (normalization == nullptr) normalization = whole.find("normalization");
  matlab::read_input(normalization, source, network);
  ChainReader chain(network, source);
  chain.read(*layers);
  network.architecture = named_architecture(std::move(network.architecture), "", kFormat);
  const std::vector<ParameterSpec> specs = network.architecture.parameters();
  std::vector<Tensor> weights = chain.take_weights();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    network.parameters.add(specs[i].name, std::move(weights[i]));
  }
  const Value* classes = field(meta, "classes");
  network.classes = class_names(classes != nullptr ? classes : whole.find("classes"));
  if (network.classes.size() != static_cast<std::size_t>(network.architecture.classes())) {
    network.classes.clear();
  }
  return network;
}

MatConvNetwork read_matconvnet(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_matconvnet(file.bytes(), path.string());
}

}  // namespace alexnet
