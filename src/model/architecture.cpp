#include <alexnet/architecture.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "model/layer_output.h"

namespace alexnet {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// A window that does not fit, which a larger image mends.
class ImageTooSmall : public Error {
 public:
  using Error::Error;
};

// Windows that fit on `extent` pixels. Rounding up admits a last window that hangs over the edge,
// as long as it starts inside.
std::optional<std::int64_t> window_count(std::int64_t extent, int kernel, int stride, int padding,
                                         bool ceil_mode) {
  const std::int64_t room = extent + 2 * std::int64_t{padding} - kernel;
  if (room < 0 && !(ceil_mode && room > -stride)) return std::nullopt;
  std::int64_t steps = ceil_mode ? (room + stride - 1) / stride : room / stride;
  if (ceil_mode && steps * stride >= extent + padding) --steps;
  return steps + 1;
}

class Walker {
 public:
  explicit Walker(const Architecture& net)
      : net_(&net), shape_{net.in_channels, net.height, net.width} {
    if (net.in_channels < 1 || net.height < 1 || net.width < 1) {
      throw Error(fmt::format(
          "the network {}: an input of {} is not possible; channels, height and width must "
          "be at least 1",
          net.name, to_string(shape_)));
    }
  }

  /// For a layer alone.
  explicit Walker(Shape input) : shape_(std::move(input)) {}

  LayerInfo visit(const Layer& layer) {
    LayerInfo info{.kind = std::string(layer_kind(layer)), .input = shape_};
    info.name = next_name(layer);
    std::visit([&](const auto& l) { apply(l, info); }, layer);
    info.output = shape_;
    return info;
  }

 private:
  std::string refusal(const LayerInfo& layer, const std::string& why) const {
    const std::string cannot = fmt::format("cannot take {}: {}", to_string(layer.input), why);
    if (net_ == nullptr) return fmt::format("it {}", cannot);
    return fmt::format("the network {}: layer {} ({}) {}", net_->name,
                       layer.name.empty() ? "-" : layer.name, layer.kind, cannot);
  }

  [[noreturn]] void refuse(const LayerInfo& layer, const std::string& why) const {
    throw Error(refusal(layer, why));
  }

  // torchvision's names: the position in `features`, then in `classifier`.
  std::string next_name(const Layer& layer) {
    if (std::holds_alternative<AdaptiveAvgPool>(layer)) return "avgpool";
    if (std::holds_alternative<LogSoftmax>(layer)) return "";
    if (std::holds_alternative<Flatten>(layer)) {
      position_ = 0;
      flat_ = true;
      return "";
    }
    return fmt::format("{}.{}", flat_ ? "classifier" : "features", position_++);
  }

  void need_map(const LayerInfo& info) const {
    if (shape_.size() != 3) refuse(info, "it needs a map (c, h, w), before Flatten");
  }

  void slide(const LayerInfo& info, int kernel, int stride, int padding, bool ceil_mode) {
    if (kernel < 1 || stride < 1 || padding < 0) {
      refuse(info, "kernel and stride must be at least 1, padding at least 0");
    }
    for (const std::size_t axis : {1U, 2U}) {
      const auto count = window_count(shape_[axis], kernel, stride, padding, ceil_mode);
      if (!count) {
        throw ImageTooSmall(refusal(info, fmt::format("its {0}x{0} window does not fit", kernel)));
      }
      shape_[axis] = *count;
    }
  }

  void apply(const Conv& conv, LayerInfo& info) {
    need_map(info);
    const std::int64_t in = shape_[0];
    if (conv.out_channels < 1 || conv.groups < 1 || in % conv.groups != 0 ||
        conv.out_channels % conv.groups != 0) {
      refuse(info, fmt::format("{} channels to {} do not divide into {} groups", in,
                               conv.out_channels, conv.groups));
    }
    slide(info, conv.kernel, conv.stride, conv.padding, conv.ceil_mode);
    shape_[0] = conv.out_channels;
    const std::int64_t taps = element_count({in / conv.groups, conv.kernel, conv.kernel});
    info.parameters = element_count({conv.out_channels, taps}) + conv.out_channels;
    info.multiply_adds = element_count({element_count(shape_), taps});
    info.settings = fmt::format("{} @ {}x{}", conv.out_channels, conv.kernel, conv.kernel);
    if (conv.stride != 1) info.settings += fmt::format(", stride {}", conv.stride);
    if (conv.padding != 0) info.settings += fmt::format(", padding {}", conv.padding);
    if (conv.groups != 1) info.settings += fmt::format(", {} groups", conv.groups);
    if (conv.ceil_mode) info.settings += ", overhang";
  }

  void apply(const MaxPool& pool, LayerInfo& info) {
    need_map(info);
    slide(info, pool.kernel, pool.stride, 0, pool.ceil_mode);
    info.settings = fmt::format("{0}x{0}, stride {1}", pool.kernel, pool.stride);
  }

  void apply(const LocalResponseNorm& norm, LayerInfo& info) {
    need_map(info);
    if (norm.size < 1 || norm.size % 2 == 0) refuse(info, "its size must be odd");
    info.settings = fmt::format("n {}, k {}, alpha {:g}{}, beta {}", norm.size, norm.k, norm.alpha,
                                norm.divide_by_size ? " / n" : "", norm.beta);
  }

  void apply(const AdaptiveAvgPool& pool, LayerInfo& info) {
    need_map(info);
    if (pool.height < 1 || pool.width < 1) refuse(info, "its output must be at least 1x1");
    shape_ = {shape_[0], pool.height, pool.width};
    info.settings = fmt::format("to {}x{}", pool.height, pool.width);
  }

  void apply(const Linear& linear, LayerInfo& info) {
    if (shape_.size() != 1) refuse(info, "it needs a vector, after Flatten");
    if (linear.out_features < 1) refuse(info, "it needs at least 1 output");
    info.multiply_adds = element_count({shape_[0], linear.out_features});
    info.parameters = info.multiply_adds + linear.out_features;
    shape_ = {linear.out_features};
    info.settings = fmt::format("{} outputs", linear.out_features);
  }

  void apply(const Dropout& dropout, LayerInfo& info) {
    if (shape_.size() != 1) refuse(info, "it needs a vector, after Flatten");
    if (!(dropout.probability >= 0.0F && dropout.probability < 1.0F)) {
      refuse(info, fmt::format("its probability {} is not in [0, 1)", dropout.probability));
    }
    info.settings = fmt::format("p {}", dropout.probability);
  }

  void apply(const Flatten& /*flatten*/, LayerInfo& info) {
    need_map(info);
    shape_ = {element_count(shape_)};
  }

  void apply(const LogSoftmax& /*softmax*/, LayerInfo& info) {
    if (shape_.size() != 1) refuse(info, "it needs a vector, after Flatten");
  }

  void apply(const Relu& /*relu*/, LayerInfo& /*info*/) {}

  const Architecture* net_ = nullptr;
  Shape shape_;
  int position_ = 0;
  bool flat_ = false;
};

std::vector<LayerInfo> walk(const Architecture& net) {
  Walker walker(net);
  std::vector<LayerInfo> infos;
  infos.reserve(net.layers.size());
  for (const Layer& layer : net.layers) infos.push_back(walker.visit(layer));
  return infos;
}

// The smallest square image that the network takes; none: its size is not what is wrong.
std::optional<int> least_side(Architecture net) {
  constexpr int kMost = 1024;
  for (int side = 1; side <= kMost; ++side) {
    net.height = side;
    net.width = side;
    try {
      walk(net);
      return side;
    } catch (const ImageTooSmall&) {
      continue;
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view layer_kind(const Layer& layer) {
  return std::visit(
      Overloaded{[](const Conv&) { return "Conv"; }, [](const Relu&) { return "ReLU"; },
                 [](const MaxPool&) { return "MaxPool"; },
                 [](const LocalResponseNorm&) { return "LocalResponseNorm"; },
                 [](const AdaptiveAvgPool&) { return "AdaptiveAvgPool"; },
                 [](const Flatten&) { return "Flatten"; }, [](const Dropout&) { return "Dropout"; },
                 [](const Linear&) { return "Linear"; },
                 [](const LogSoftmax&) { return "LogSoftmax"; }},
      layer);
}

Shape layer_output(const Layer& layer, const Shape& input) {
  return Walker(input).visit(layer).output;
}

std::vector<LayerInfo> Architecture::describe() const {
  try {
    return walk(*this);
  } catch (const ImageTooSmall& error) {
    const std::optional<int> least = least_side(*this);
    throw Error(fmt::format("{}; use a larger image{}", error.what(),
                            least ? fmt::format(", of at least {0} x {0} pixels", *least) : ""));
  }
}

std::vector<ParameterSpec> Architecture::parameters() const {
  std::vector<ParameterSpec> specs;
  const std::vector<LayerInfo> infos = describe();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Shape weight;
    if (const auto* conv = std::get_if<Conv>(&layers[i])) {
      weight = {conv->out_channels, infos[i].input[0] / conv->groups, conv->kernel, conv->kernel};
    } else if (const auto* linear = std::get_if<Linear>(&layers[i])) {
      weight = {linear->out_features, infos[i].input[0]};
    } else {
      continue;
    }
    const std::int64_t outputs = weight[0];
    const std::int64_t fan_in = element_count(weight) / outputs;
    specs.push_back({infos[i].name + ".weight", std::move(weight), fan_in, false});
    specs.push_back({infos[i].name + ".bias", {outputs}, fan_in, true});
  }
  return specs;
}

std::int64_t Architecture::parameter_count() const {
  std::int64_t count = 0;
  for (const LayerInfo& info : describe()) count += info.parameters;
  return count;
}

std::int64_t Architecture::multiply_adds() const {
  std::int64_t count = 0;
  for (const LayerInfo& info : describe()) count += info.multiply_adds;
  return count;
}

int Architecture::classes() const {
  validate();
  return static_cast<int>(describe().back().output[0]);
}

void Architecture::validate() const {
  describe();
  if (layers.size() < 2 || !std::holds_alternative<LogSoftmax>(layers.back()) ||
      !std::holds_alternative<Linear>(layers[layers.size() - 2])) {
    throw Error(fmt::format("the network {} must end in Linear, LogSoftmax", name));
  }
}

}  // namespace alexnet
