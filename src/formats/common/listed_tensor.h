#pragma once

#include <alexnet/tensor.h>

#include <functional>
#include <optional>
#include <string>

namespace alexnet {

/// A tensor of a file that is not yet read.
struct ListedTensor {
  std::string name;            ///< with those of the dicts that it is in: "model.features.0.weight"
  std::optional<Shape> shape;  ///< none: it cannot be read, and `read` says why
  std::function<Tensor()> read;  ///< throws Error, naming file and tensor
};

}  // namespace alexnet
