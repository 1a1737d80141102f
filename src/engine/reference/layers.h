#pragma once

#include <alexnet/architecture.h>
#include <alexnet/parameters.h>
#include <alexnet/random.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

/// Every layer as plain loops in double precision, forward and backward: the slow twin that the
/// fast kernels are tested against, itself tested against finite differences and PyTorch.
namespace alexnet::reference {

/// Activations (n, c, h, w); a vector of features is (n, features, 1, 1).
struct Map {
  std::int64_t n = 0;
  std::int64_t c = 0;
  std::int64_t h = 1;
  std::int64_t w = 1;
  std::vector<double> values;

  Map() = default;
  Map(std::int64_t batch, const Shape& shape)
      : n(batch),
        c(shape[0]),
        h(shape.size() == 3 ? shape[1] : 1),
        w(shape.size() == 3 ? shape[2] : 1),
        values(static_cast<std::size_t>(n * c * h * w)) {}

  std::int64_t features() const { return c * h * w; }
  double& at(std::int64_t i, std::int64_t j, std::int64_t y, std::int64_t x) {
    return values[static_cast<std::size_t>(((i * c + j) * h + y) * w + x)];
  }
  double at(std::int64_t i, std::int64_t j, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>(((i * c + j) * h + y) * w + x)];
  }
};

/// A layer's tensors: weight and bias, and where their gradients go (null: not needed).
struct Weights {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  Tensor* weight_gradient = nullptr;
  Tensor* bias_gradient = nullptr;
};

/// The stream of dropout masks and where in the batch the images lie; none at inference.
struct MaskPlace {
  RandomKey key;
  int first = 0;  ///< images of the batch before these
};
using MaskKey = std::optional<MaskPlace>;

class ReferenceLayer {
 public:
  ReferenceLayer(LayerInfo info) : info_(std::move(info)) {}
  virtual ~ReferenceLayer() = default;

  /// y from x.
  virtual Map forward(const Map& x, const MaskKey& mask) = 0;
  /// The loss's gradient by x from that by y, for the x and y of the last forward. Writes the
  /// gradients of the layer's weights.
  virtual Map backward(const Map& x, const Map& y, const Map& dy) = 0;

 protected:
  LayerInfo info_;
};

std::unique_ptr<ReferenceLayer> make_layer(const Layer& layer, const LayerInfo& info,
                                           const Weights& weights);

std::unique_ptr<ReferenceLayer> make_conv(const Conv& conv, const LayerInfo& info,
                                          const Weights& weights);
std::unique_ptr<ReferenceLayer> make_max_pool(const MaxPool& pool, const LayerInfo& info);
std::unique_ptr<ReferenceLayer> make_adaptive_pool(const LayerInfo& info);
std::unique_ptr<ReferenceLayer> make_norm(const LocalResponseNorm& norm, const LayerInfo& info);

}  // namespace alexnet::reference
