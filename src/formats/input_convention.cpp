#include "formats/input_convention.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace alexnet {
namespace {

struct Convention {
  std::string_view name;
  double resize;              // short side before the crop, as a multiple of the crop
  std::array<float, 3> mean;  // RGB, of 1
  std::array<float, 3> deviation;
  bool any_channels;
  bool blue_first;
};

constexpr float kByte = 1.0F / 255;

// torchvision: ImageClassification's defaults. caffe: the means of ILSVRC 2012 that its examples
// use (BGR 104.01, 116.67, 122.68), bytes not scaled, images resized to 256 and cropped to 227.
constexpr std::array<Convention, 4> kConventions{
    {{"torchvision", 256.0 / 224, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}, false, false},
     {"caffe",
      256.0 / 227,
      {122.67892F / 255, 116.66877F / 255, 104.00699F / 255},
      {kByte, kByte, kByte},
      false,
      true},
     {"unit", 1, {0, 0, 0}, {1, 1, 1}, true, false},
     {"bytes", 1, {0, 0, 0}, {kByte, kByte, kByte}, true, false}}};

const std::string kChannels = "channels";  // of the provenance, where they were turned round

const Convention& find(std::string_view name) {
  const auto found = std::ranges::find(kConventions, name, &Convention::name);
  if (found != kConventions.end()) return *found;
  throw Error(fmt::format("there is no preprocessing '{}'; choose one of {}", name,
                          fmt::join(input_conventions(), ", ")));
}

// The first convolution's inputs in the opposite order.
void reverse_input_channels(Model& model) {
  const auto is_conv = [](const Layer& layer) { return std::holds_alternative<Conv>(layer); };
  const auto first = std::ranges::find_if(model.architecture.layers, is_conv);
  if (first == model.architecture.layers.end()) return;
  const auto position = static_cast<std::size_t>(first - model.architecture.layers.begin());
  Tensor& weight = model.parameters.at(model.architecture.describe()[position].name +
                                       ".weight");  // (o, i, k, k)
  const Shape& shape = weight.shape();
  if (std::get<Conv>(*first).groups > 1) {
    throw Error(fmt::format(
        "the first layer of {} has groups, so its input channels cannot be turned round",
        model.architecture.name));
  }
  const std::int64_t area = shape[2] * shape[3];
  for (std::int64_t out = 0; out < shape[0]; ++out) {
    float* const filter = weight.data() + out * shape[1] * area;
    for (std::int64_t low = 0, high = shape[1] - 1; low < high; ++low, --high) {
      std::swap_ranges(filter + low * area, filter + (low + 1) * area, filter + high * area);
    }
  }
}

}  // namespace

std::vector<std::string_view> input_conventions() {
  std::vector<std::string_view> names;
  names.reserve(kConventions.size());
  for (const Convention& convention : kConventions) names.push_back(convention.name);
  return names;
}

void set_input_convention(Model& model, std::string_view name, std::string_view source) {
  const Convention& convention = find(name);
  const Architecture& net = model.architecture;
  const auto channels = static_cast<std::size_t>(net.in_channels);
  if (!convention.any_channels && channels != convention.mean.size()) {
    throw Error(fmt::format("{}: preprocessing '{}' is for 3 channels and {} takes {}", source,
                            name, net.name, channels));
  }
  const auto resized = static_cast<int>(std::lround(net.height * convention.resize));
  model.preprocess = {.resize = resized, .crop = net.height, .channels = net.in_channels};
  if (channels == convention.mean.size()) {
    model.normalization = {{convention.mean.begin(), convention.mean.end()},
                           {convention.deviation.begin(), convention.deviation.end()}};
  } else {
    model.normalization = {std::vector<float>(channels, convention.mean[0]),
                           std::vector<float>(channels, convention.deviation[0])};
  }
  if (convention.blue_first != model.provenance.contains(kChannels)) {
    reverse_input_channels(model);
    if (convention.blue_first) {
      model.provenance[kChannels] = "BGR, turned to RGB in the first layer";
    } else {
      model.provenance.erase(kChannels);
    }
  }
}

}  // namespace alexnet
