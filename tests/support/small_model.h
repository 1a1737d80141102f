#pragma once

#include <alexnet/model.h>

namespace alexnet::test {

/// Weights of a network that costs nothing, for grey images of 28 x 28 and ten classes "0" to "9".
inline Model small_model() {
  Model model{.architecture = {.name = "small",
                               .in_channels = 1,
                               .height = 28,
                               .width = 28,
                               .layers = {Conv{.out_channels = 4, .kernel = 5, .stride = 4}, Relu{},
                                          Flatten{}, Linear{10}, LogSoftmax{}}},
              .preprocess = {.resize = 28, .crop = 28, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.25F}},
              .provenance = {{"data", "patterns"}}};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  for (int label = 0; label < 10; ++label) model.classes.push_back(std::to_string(label));
  return model;
}

}  // namespace alexnet::test
