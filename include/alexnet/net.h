#pragma once

#include <alexnet/engine.h>
#include <alexnet/parameters.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <memory>
#include <span>

namespace alexnet {

struct AlexNetOptions {
  int ch_in = 3;
  int d_out = 1000;
  float dropout = 0.5F;
  Initializer initializer = Initializer::pytorch;
  std::uint64_t seed = 0;  ///< keys the initial weights and the dropout masks
  SgdOptions sgd;
  int threads = 0;  ///< 0: all processors
};

/// AlexNet(ch_in, d_out) as one object: torchvision's layers, log-softmax output, cross-entropy
/// loss. Takes float images (b, ch_in, h, w) with h, w >= 63; plans itself for the size that it is
/// given and again when the size changes or the batch grows. Every function throws Error when its
/// images do not fit.
class AlexNet {
 public:
  explicit AlexNet(const AlexNetOptions& options = {});
  ~AlexNet();
  AlexNet(AlexNet&&) noexcept;
  AlexNet& operator=(AlexNet&&) noexcept;

  /// Log-probabilities (b, d_out), without dropout.
  Tensor forward(const Tensor& images);
  /// What the log-softmax is taken of: (b, d_out).
  Tensor logits(const Tensor& images);
  /// What the classifier sees: (b, 256, 6, 6).
  Tensor features(const Tensor& images);

  /// One step of SGD on the mean cross-entropy, with dropout. Labels (b,) in 0 … d_out − 1. Returns
  /// the loss before the step.
  double train_step(const Tensor& images, std::span<const std::int32_t> labels,
                    float learning_rate);

  const Parameters& parameters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet
