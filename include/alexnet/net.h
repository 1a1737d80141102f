#pragma once

#include <alexnet/engine.h>
#include <alexnet/model.h>
#include <alexnet/parameters.h>
#include <alexnet/size.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#pragma GCC visibility push(default)
namespace alexnet {

/// A new network.
struct AlexNetOptions {
  int ch_in = 3;
  int d_out = 1000;
  std::string network = "alexnet";  ///< one of network_names()
  Size image_size = 0;  ///< 0: of "alexnet" that of the first images, of the others their own
  float dropout = kDefaultDropout;
  Initializer initializer = kDefaultInitializer;
  std::uint64_t seed = 0;  ///< keys the initial weights and the dropout masks
  SgdOptions sgd;
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
};

/// For a network that exists already.
struct AlexNetRunOptions {
  std::uint64_t seed = 0;  ///< keys the dropout masks
  SgdOptions sgd;
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
};

/// A network as one object: log-softmax output, cross-entropy loss, SGD with momentum. Takes float
/// images (b, c, h, w), normalised as its model says; plans itself for the size that it is given
/// and again when the size changes or the batch grows, and keeps weights, momentum and the count of
/// steps. torchvision's AlexNet takes any h, w >= 63, the others their own size only. Every
/// function throws Error when its images do not fit. Not thread-safe.
class AlexNet {
 public:
  /// AlexNet(ch_in, d_out): torchvision's layers, or another network's, with new weights. Throws
  /// Error when there is no such network.
  explicit AlexNet(const AlexNetOptions& options = {});
  /// Any network with its weights. Throws Error when they do not fit together.
  explicit AlexNet(Model model, const AlexNetRunOptions& options = {});
  ~AlexNet();
  AlexNet(AlexNet&&) noexcept;
  AlexNet& operator=(AlexNet&&) noexcept;

  /// Reads a file of any format that load_model knows. Throws Error as it does.
  static AlexNet load(const std::filesystem::path& path, const LoadOptions& file = {},
                      const AlexNetRunOptions& options = {});
  /// Writes the model in the format of the extension, as save_model does; momentum and the count of
  /// steps are left out. Throws Error.
  void save(const std::filesystem::path& path) const;

  /// Log-probabilities (b, classes), without dropout.
  Tensor forward(const Tensor& images);
  /// What the log-softmax is taken of: (b, classes).
  Tensor logits(const Tensor& images);
  /// What the classifier sees: (b, c, h, w), for torchvision's layers (b, 256, 6, 6).
  Tensor features(const Tensor& images);

  /// One step of SGD on the mean cross-entropy, with dropout. Labels (b,) in 0 … classes − 1.
  /// Returns the loss before the step.
  double train_step(const Tensor& images, std::span<const std::int32_t> labels,
                    float learning_rate);

  /// The first half of train_step: the loss, and what gradients() then gives. The same images give
  /// the same dropout until the next update.
  double compute_gradients(const Tensor& images, std::span<const std::int32_t> labels);
  /// Of the mean cross-entropy, by every parameter. Throws Error before the first
  /// compute_gradients or train_step, and where other images had the network planned anew since.
  const Parameters& gradients() const;
  /// The second half: one step of SGD with these gradients. Throws Error as gradients() does.
  void update(float learning_rate);

  const Architecture& architecture() const;
  const Parameters& parameters() const;
  /// Takes these in place of its own; the momentum stays. Throws Error unless they are finite and
  /// have the names and shapes of architecture().parameters().
  void set_parameters(Parameters parameters);

  /// A copy of the network with all that is needed to use it: for Classifier, Explainer and
  /// save_model. Of a new network the classes are "class 0", "class 1", …, and images are scaled to
  /// its size and to 0 … 1.
  Model model() const;

 private:
  class [[gnu::visibility("hidden")]] State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet
#pragma GCC visibility pop
