#pragma once

#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <string>
#include <vector>

namespace alexnet {

/// A layer whose activations are wanted.
struct ChosenLayer {
  std::string name;   ///< as it was asked for, of which a file's name can be made
  std::string layer;  ///< torchvision's name
  Shape shape;        ///< of one image's activations
};

/// The layers of these names, or of "all", in the order that was given. Throws Error, listing the
/// names, when the network has none of one, and when two are the same layer.
std::vector<ChosenLayer> choose_layers(const Architecture& net,
                                       const std::vector<std::string>& names);

/// The network as far as it computes these layers.
Model up_to(Model model, const std::vector<ChosenLayer>& layers);

}  // namespace alexnet
