#pragma once

#include <alexnet/architecture.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// A step is one layer (with its ReLU, where one follows) bound to its buffers at compile time.
///
/// Activations are (n, h, w, c) floats; after Flatten they are (n, features) with the features in
/// PyTorch's (c, y, x) order. For each kind of layer there is an ordered list of implementations,
/// fastest first; each makes a Step or says why it declines.
namespace alexnet::cpu {

/// One pass through the steps.
struct Pass {
  std::size_t size_index = 0;  ///< which of the prepared batch sizes
  int batch = 0;          ///< that size; rows past the caller's images are computed and ignored
  bool training = false;  ///< draw dropout masks, keep what backward needs
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual std::string implementation() const = 0;
  /// Brings the weights into the form that the kernels read. Called when they have changed.
  virtual void pack() {}
  virtual void forward(const Pass& pass) = 0;
  /// dx (where the problem has one) and the weights' gradients, from dy. May overwrite dy.
  virtual void backward(const Pass& pass) = 0;
};

/// What an implementation is asked for.
struct Problem {
  LayerInfo info;  ///< shapes (c, h, w) or (features,)
  std::uint32_t layer = 0;
  bool relu = false;  ///< a ReLU follows and is part of the step
  bool training = false;
  std::vector<int> batches;  ///< prepared sizes, largest first

  float* x = nullptr;
  float* y = nullptr;   ///< equal to x for a step in place
  float* dx = nullptr;  ///< null where nobody needs it
  float* dy = nullptr;

  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  Tensor* weight_gradient = nullptr;
  Tensor* bias_gradient = nullptr;

  int max_batch() const { return batches.front(); }
};

/// A step, or why not.
struct Attempt {
  std::unique_ptr<Step> step;
  std::string why_not;
};

template <class LayerType>
struct Implementation {
  std::string name;
  Attempt (*make)(const LayerType& layer, const Problem& problem);
};

template <class LayerType>
using Implementations = std::span<const Implementation<LayerType>>;

Implementations<Conv> implementations(const Conv& conv);
Implementations<Linear> implementations(const Linear& linear);
Implementations<MaxPool> implementations(const MaxPool& pool);
Implementations<LocalResponseNorm> implementations(const LocalResponseNorm& norm);
Implementations<AdaptiveAvgPool> implementations(const AdaptiveAvgPool& pool);
Implementations<Flatten> implementations(const Flatten& flatten);
Implementations<Dropout> implementations(const Dropout& dropout);
Implementations<Relu> implementations(const Relu& relu);

/// dy = 0 where y <= 0: the gradient of a fused ReLU, in place.
void mask_relu_gradient(float* dy, const float* y, std::int64_t count);

}  // namespace alexnet::cpu
