#include "formats/common/named_architecture.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "core/json.h"
#include "formats/common/architecture_json.h"
#include "formats/common/pool_windows.h"

namespace alexnet {
namespace {

bool is_dropout(const Layer& layer) {
  return std::holds_alternative<Dropout>(layer);
}

// Whether rounding up makes no window more.
bool overhangs(const LayerInfo& info, AxisWindows windows) {
  windows.end = windows.begin;
  return count_windows(info.input[1], windows) != info.output[1] ||
         count_windows(info.input[2], windows) != info.output[2];
}

/// A layer as a graph would have it: without settings that change nothing at this size.
Layer plain(Layer layer, const LayerInfo& info) {
  if (auto* conv = std::get_if<Conv>(&layer)) {
    conv->ceil_mode =
        overhangs(info, {.kernel = conv->kernel, .stride = conv->stride, .begin = conv->padding});
  } else if (auto* pool = std::get_if<MaxPool>(&layer)) {
    pool->ceil_mode = overhangs(info, {.kernel = pool->kernel, .stride = pool->stride});
  } else if (auto* norm = std::get_if<LocalResponseNorm>(&layer)) {
    if (!norm->divide_by_size) norm->alpha *= static_cast<float>(norm->size);
    norm->divide_by_size = true;
  }
  return layer;
}

/// What the layers compute; graphs for inference may leave dropout out.
std::vector<Layer> computation(const Architecture& net, bool with_dropout) {
  std::vector<Layer> layers;
  const std::vector<LayerInfo> infos = net.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const bool is_idle_pool =
        std::holds_alternative<AdaptiveAvgPool>(net.layers[i]) && infos[i].input == infos[i].output;
    if (is_idle_pool || (!with_dropout && is_dropout(net.layers[i]))) continue;
    layers.push_back(plain(net.layers[i], infos[i]));
  }
  return layers;
}

bool computes_same(const Architecture& known, const Architecture& read) {
  const bool with_dropout = std::ranges::any_of(read.layers, is_dropout);
  return known.in_channels == read.in_channels && known.height == read.height &&
         known.width == read.width &&
         computation(known, with_dropout) == computation(read, with_dropout);
}

Architecture network_of_size(std::string_view name, const Architecture& read) {
  NetworkOptions options{.in_channels = read.in_channels, .classes = read.classes()};
  const auto dropout = std::ranges::find_if(read.layers, is_dropout);
  if (dropout != read.layers.end()) options.dropout = std::get<Dropout>(*dropout).probability;
  Architecture net = make_network(name, options);
  net.height = read.height;
  net.width = read.width;
  return net;
}

std::vector<Architecture> candidates(const Architecture& read,
                                     const std::map<std::string, std::string>& metadata) {
  std::vector<Architecture> nets;
  try {
    if (const auto text = metadata.find("architecture"); text != metadata.end()) {
      nets.push_back(architecture_from_json(parse_json(text->second, ""), ""));
    }
  } catch (const Error&) {  // somebody else's metadata; the graph says all that is needed
  }
  for (const std::string_view name : network_names()) {
    try {
      Architecture net = network_of_size(name, read);
      net.validate();
      nets.push_back(std::move(net));
    } catch (const Error&) {  // this network does not take such images
      continue;
    }
  }
  return nets;
}

// Names of networks are kept for those networks.
bool is_usable(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const bool is_plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
  return is_plain && !name.empty() && name.size() <= kLongest && !is_network_name(name);
}

}  // namespace

Architecture named_architecture(Architecture read, std::string_view own_name,
                                std::string_view format,
                                const std::map<std::string, std::string>& metadata) {
  for (Architecture& net : candidates(read, metadata)) {
    if (computes_same(net, read)) return std::move(net);
  }
  read.name = is_usable(own_name) ? own_name : format;
  return read;
}

}  // namespace alexnet
