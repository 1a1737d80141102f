#pragma once

#include <alexnet/model.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace alexnet::test {

/// In the order of the bands of `pattern`, of which a class folder of these names has one each.
inline const std::vector<std::string> kBandClasses{"ant", "bee", "cat", "dog", "elk"};

constexpr int kBandSide = 10;

/// Tells the bright bands of `pattern` (10 x 10 pixels) apart, without an error: the classes may
/// stand in any order, and those that are none of kBandClasses are never seen.
inline Model band_model(const std::vector<std::string>& classes) {
  Model model{.architecture = {.name = "bands",
                               .in_channels = 1,
                               .height = kBandSide,
                               .width = kBandSide,
                               .layers = {Flatten{}, Linear{static_cast<int>(classes.size())},
                                          LogSoftmax{}}},
              .classes = classes,
              .preprocess = {.resize = kBandSide, .crop = kBandSide, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.25F}},
              .provenance = {{"data", "patterns"}}};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  Tensor& weight = model.parameters.at("classifier.0.weight");
  Tensor& bias = model.parameters.at("classifier.0.bias");
  constexpr std::size_t kPixels = kBandSide * kBandSide;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto found = std::ranges::find(kBandClasses, classes[c]);
    const auto band = static_cast<std::size_t>(found - kBandClasses.begin());
    const bool known = found != kBandClasses.end();
    bias[static_cast<std::int64_t>(c)] = known ? 0.0F : -100.0F;
    for (std::size_t i = 0; i < kPixels; ++i) {
      const bool inside = i * kBandClasses.size() / kPixels == band;
      weight[static_cast<std::int64_t>(c * kPixels + i)] = known && inside ? 0.1F : 0.0F;
    }
  }
  return model;
}

}  // namespace alexnet::test
