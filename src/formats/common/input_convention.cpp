#include "formats/common/input_convention.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>

#include "core/unknown_name.h"

namespace alexnet {
namespace {

struct Convention {
  std::string_view name;
  double resize;              // before the crop, as a multiple of it
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
  throw unknown_name("preprocessing", name, input_conventions());
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

// A copy with `change` made to each pixel; none of none.
template <class Change>
std::shared_ptr<const MeanImage> with_pixels(const std::shared_ptr<const MeanImage>& image,
                                             const Change& change) {
  if (!image) return nullptr;
  auto changed = std::make_shared<MeanImage>(*image);
  const auto channels = static_cast<std::size_t>(image->channels);
  for (std::size_t i = 0; i < changed->values.size(); i += channels) {
    change(std::span(changed->values).subspan(i, channels));
  }
  return changed;
}

void set_blue_first(Model& model, bool blue_first) {
  if (blue_first == model.provenance.contains(kChannels)) return;
  reverse_input_channels(model);
  Normalization& own = model.normalization;  // a graph's own has the graph's order
  std::ranges::reverse(own.mean);
  std::ranges::reverse(own.deviation);
  own.mean_image =
      with_pixels(own.mean_image, [](std::span<float> pixel) { std::ranges::reverse(pixel); });
  if (blue_first) {
    model.provenance[kChannels] = "BGR, turned to RGB in the first layer";
  } else {
    model.provenance.erase(kChannels);
  }
}

Normalization normalization_of(const Convention& convention, std::size_t channels) {
  if (channels == convention.mean.size()) {
    return {{convention.mean.begin(), convention.mean.end()},
            {convention.deviation.begin(), convention.deviation.end()}};
  }
  return {std::vector<float>(channels, convention.mean[0]),
          std::vector<float>(channels, convention.deviation[0])};
}

// What `inner` makes of what `outer` makes of pixels:
// ((p - m) / d - M) / D = (p - (m + M d)) / (d D)
Normalization composed(const Normalization& outer, const Normalization& inner) {
  Normalization whole;
  for (std::size_t c = 0; c < outer.mean.size(); ++c) {
    whole.mean.push_back(outer.mean[c] + inner.mean[c] * outer.deviation[c]);
    whole.deviation.push_back(outer.deviation[c] * inner.deviation[c]);
  }
  whole.mean_image = with_pixels(inner.mean_image, [&](std::span<float> pixel) {
    for (std::size_t c = 0; c < pixel.size(); ++c) {
      pixel[c] = outer.mean[c] + pixel[c] * outer.deviation[c];
    }
  });
  return whole;
}

// The `inner` of it.
Normalization without(const Normalization& outer, const Normalization& whole) {
  Normalization inner;
  for (std::size_t c = 0; c < outer.mean.size(); ++c) {
    inner.mean.push_back((whole.mean[c] - outer.mean[c]) / outer.deviation[c]);
    inner.deviation.push_back(whole.deviation[c] / outer.deviation[c]);
  }
  inner.mean_image = with_pixels(whole.mean_image, [&](std::span<float> pixel) {
    for (std::size_t c = 0; c < pixel.size(); ++c) {
      pixel[c] = (pixel[c] - outer.mean[c]) / outer.deviation[c];
    }
  });
  return inner;
}

}  // namespace

std::vector<std::string_view> input_conventions() {
  std::vector<std::string_view> names;
  names.reserve(kConventions.size());
  for (const Convention& convention : kConventions) names.push_back(convention.name);
  return names;
}

std::string rounded_before(const Model& model) {
  const auto found = model.provenance.find(kRounded);
  return found == model.provenance.end() ? std::string() : found->second;
}

void set_resizing(Model& model, std::string_view convention) {
  const Architecture& net = model.architecture;
  const double factor = find(convention).resize;
  const auto resized = [factor](int extent) {
    return static_cast<int>(std::lround(extent * factor));
  };
  model.preprocess = {.resize = {resized(net.height), resized(net.width)},
                      .crop = net.input_size(),
                      .channels = net.in_channels};
}

void set_pixels(Model& model, std::string_view convention, std::string_view source) {
  const Convention& wanted = find(convention);
  const auto channels = static_cast<std::size_t>(model.architecture.in_channels);
  if (!wanted.any_channels && channels != wanted.mean.size()) {
    throw Error(fmt::format("{}: preprocessing '{}' is for 3 channels and {} takes {}", source,
                            convention, model.architecture.name, channels));
  }
  set_blue_first(model, wanted.blue_first);
  set_pixels(model, normalization_of(wanted, channels));
  if (const auto graph = model.provenance.find(kGraphInput); graph != model.provenance.end()) {
    graph->second = convention;
  }
}

void set_pixels(Model& model, const Normalization& normalization) {
  const auto graph = model.provenance.find(kGraphInput);
  if (graph == model.provenance.end()) {
    model.normalization = normalization;
    return;
  }
  const Normalization before =
      normalization_of(find(graph->second), model.normalization.mean.size());
  model.normalization = composed(normalization, without(before, model.normalization));
  graph->second = "as given";
}

void set_graph_normalization(Model& model, Normalization own) {
  model.normalization = std::move(own);
  model.provenance[kGraphInput] = "bytes";
}

// Means above 1 are those of bytes. Where there are none, a graph that makes numbers larger is for
// pixels of 0 … 1.
std::string_view likely_graph_input(const Normalization& own) {
  constexpr float kWhite = 255.0F;
  constexpr float kNone = 0.02F;
  const float mean = std::ranges::max(own.mean) * kWhite;
  if (mean > 1.0F) return "bytes";
  const float deviation = std::ranges::max(own.deviation) * kWhite;
  const float most = mean > kNone ? kWhite / 16 : 1.0F;
  return deviation < most ? "unit" : "bytes";
}

}  // namespace alexnet
