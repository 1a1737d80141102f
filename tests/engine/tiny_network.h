#pragma once

#include <alexnet/architecture.h>
#include <alexnet/random.h>

#include <memory>

namespace alexnet {

inline Architecture tiny() {
  return {.name = "tiny",
          .in_channels = 3,
          .height = 12,
          .width = 10,
          .layers = {Conv{.out_channels = 8, .kernel = 3, .padding = 1}, Relu{}, MaxPool{},
                     Flatten{}, Dropout{0.5F}, Linear{16}, Relu{}, Linear{4}, LogSoftmax{}}};
}

inline std::shared_ptr<const Parameters> tiny_parameters() {
  return std::make_shared<const Parameters>(initialize(tiny(), Initializer::pytorch, 2));
}

}  // namespace alexnet
