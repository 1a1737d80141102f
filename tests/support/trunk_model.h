#pragma once

#include <alexnet/model.h>
#include <alexnet/networks.h>

namespace alexnet::test {

/// Torchvision's convolutions with random weights, which LPIPS takes.
inline Model trunk() {
  Model model{.architecture = make_alexnet_trunk()};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  return model;
}

/// A classifier of two classes on such convolutions, for RGB images of 63 x 63.
inline Model trunk_classifier() {
  Model model{.architecture = make_alexnet_trunk(63), .classes = {"left", "right"}};
  for (const Layer& layer :
       {Layer{MaxPool{}}, Layer{Flatten{}}, Layer{Linear{2}}, Layer{LogSoftmax{}}}) {
    model.architecture.layers.push_back(layer);
  }
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  model.preprocess = {.resize = 63, .crop = 63, .channels = 3};
  return model;
}

}  // namespace alexnet::test
