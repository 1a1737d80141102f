#pragma once

#include <alexnet/engine.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace alexnet::test {

/// Pixels in 0 to 1 that look random; make_fixtures.py makes the same.
inline Tensor pixels(const Shape& shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = static_cast<float>(i * 7919 % 257) / 256.0F;
  }
  return tensor;
}

inline Tensor pixels(const Architecture& net, std::int64_t count) {
  return pixels({count, net.in_channels, net.height, net.width});
}

inline std::vector<float> logits(const Architecture& net, const Parameters& parameters,
                                 const Tensor& images) {
  const auto shared = std::make_shared<const Parameters>(parameters.clone());
  const auto count = static_cast<int>(images.shape()[0]);
  const auto plan = compile(net, shared, {{.engine = "reference", .max_batch = count}});
  const Outputs outputs = plan->run(Images(images));
  return {outputs.logits.values.begin(), outputs.logits.values.end()};
}

/// A model of this network with random parameters.
inline Model model_of(Architecture net, std::uint64_t seed = 1) {
  Model model;
  model.parameters = initialize(net, Initializer::he, seed);
  for (int i = 0; i < net.classes(); ++i) model.classes.push_back(std::to_string(i));
  model.preprocess = {
      .resize = net.input_size(), .crop = net.input_size(), .channels = net.in_channels};
  for (int c = 0; c < net.in_channels; ++c) {
    model.normalization.mean.push_back(0.4F + 0.05F * static_cast<float>(c));
    model.normalization.deviation.push_back(0.2F + 0.03F * static_cast<float>(c));
  }
  model.provenance = {{"data", "random"}};
  model.architecture = std::move(net);
  return model;
}

/// One network with every kind of layer, its adaptive pool from `map` to `pooled` squared.
inline Architecture small_network(int map, int pooled) {
  return {
      .name = "small",
      .in_channels = 2,
      .height = 2 * map + 8,
      .width = 2 * map + 8,
      .layers = {Conv{.out_channels = 6, .kernel = 5, .stride = 2, .ceil_mode = true}, Relu{},
                 LocalResponseNorm{.size = 3, .k = 1.5F, .alpha = 0.3F, .divide_by_size = false},
                 Conv{.out_channels = 4, .kernel = 3, .padding = 1, .groups = 2}, Relu{},
                 MaxPool{.kernel = 4, .stride = 1, .ceil_mode = true},
                 AdaptiveAvgPool{.height = pooled, .width = pooled}, Flatten{}, Dropout{0.3F},
                 Linear{7}, Relu{}, Dropout{0.3F}, Linear{5}, LogSoftmax{}}};
}

}  // namespace alexnet::test
