#include "infer/layer_names.h"

#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace alexnet {
namespace {

std::string_view caffe_word(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords{{
      {"Conv", "conv"},
      {"Linear", "fc"},
      {"ReLU", "relu"},
      {"MaxPool", "pool"},
      {"LocalResponseNorm", "norm"},
      {"Dropout", "drop"},
  }};
  const auto* const found =
      std::ranges::find(kWords, kind, &std::pair<std::string_view, std::string_view>::first);
  return found == kWords.end() ? std::string_view{} : found->second;
}

std::string small_letters(std::string_view text) {
  std::string small(text);
  for (char& letter : small) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return small;
}

std::vector<std::string> layers_of(const Architecture& net, std::string_view kind) {
  std::vector<std::string> names;
  for (const LayerInfo& info : net.describe()) {
    if (info.kind == kind) names.push_back(info.name);
  }
  return names;
}

[[noreturn]] void refuse(const Architecture& net, std::string_view name,
                         const std::vector<LayerName>& known) {
  std::vector<std::string> choices;
  choices.reserve(known.size());
  for (const LayerName& one : known) {
    choices.push_back(one.caffe == one.torchvision
                          ? one.caffe
                          : fmt::format("{} ({})", one.caffe, one.torchvision));
  }
  throw Error(fmt::format("{} has no layer '{}'; choose one of {}", net.name, name,
                          fmt::join(choices, ", ")),
              ErrorKind::not_found);
}

}  // namespace

std::vector<LayerName> layer_names(const Architecture& net) {
  std::vector<LayerName> names;
  const std::vector<LayerInfo> infos = net.describe();
  int number = 0;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].parameters > 0) ++number;
    if (infos[i].name.empty()) continue;
    const std::string_view word = caffe_word(infos[i].kind);
    names.push_back(
        {i, infos[i].name, word.empty() ? infos[i].name : fmt::format("{}{}", word, number)});
  }
  return names;
}

std::string resolve_layer_name(const Architecture& net, std::string_view name) {
  const std::vector<LayerName> known = layer_names(net);
  const std::string small = small_letters(name);
  for (const LayerName& one : known) {
    if (one.torchvision == name || one.caffe == small) return one.torchvision;
  }
  refuse(net, name, known);
}

std::vector<std::string> conv_layer_names(const Architecture& net) {
  return layers_of(net, "Conv");
}

std::vector<std::string> linear_layer_names(const Architecture& net) {
  return layers_of(net, "Linear");
}

}  // namespace alexnet
