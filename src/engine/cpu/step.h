#pragma once

#include <alexnet/architecture.h>
#include <alexnet/engine.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/cpu/team.h"

/// A step is one layer (with its ReLU, where one follows), planned at compile time.
///
/// Activations are (n, h, w, c) floats; after Flatten they are (n, features) with the features in
/// PyTorch's (c, y, x) order. For each kind of layer there is an ordered list of implementations,
/// fastest first; each makes a Step or says why it declines.
namespace alexnet::cpu {

/// One pass through the steps.
struct Pass {
  const Images* images = nullptr;  ///< the caller's
  std::size_t size_index = 0;      ///< which of the prepared batch sizes
  int batch = 0;          ///< that size; rows past the caller's images are computed and ignored
  bool training = false;  ///< draw dropout masks, keep what backward needs
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
};

/// How a step wants to be called.
enum class Threading {
  by_image,     ///< by any number of teams at once, each with its part of the batch
  whole_batch,  ///< by one team of all threads with the whole batch
  library,      ///< by one thread; the library behind it has threads of its own
};

/// Images that a team takes through by-image steps at a time, going forward.
inline constexpr int kImagesAtOnce = 8;

/// Memory that a step uses while it runs, in floats; the next step reuses it.
struct Scratch {
  std::size_t shared = 0;  ///< one for the team
  std::size_t own = 0;     ///< one for each thread
};

/// What a call works on. All threads of a team get the same, but for `team.index()` and `own`.
struct Work {
  const Pass& pass;
  Team team;
  int first = 0;             ///< of these images in the batch
  int images = 0;            ///< how many
  const float* x = nullptr;  ///< of image `first`, as y, dx and dy are
  float* y = nullptr;        ///< equal to x for a step in place
  float* dx = nullptr;       ///< null where nobody needs it
  float* dy = nullptr;
  float* shared = nullptr;
  float* own = nullptr;
};

/// How the first step wants the images: blocks of block × block pixels side by side in the
/// channels, in (y, x, c) order, after `padding` zeros at the top and left. Block 1, padding 0:
/// plain NHWC.
struct InputLayout {
  int block = 1;
  int padding = 0;
  int height = 0;  ///< in blocks
  int width = 0;
  int channels = 0;  ///< block · block · the image's
};

class Step {
 public:
  virtual ~Step() = default;
  virtual std::string implementation() const = 0;
  virtual Threading forward_threading() const = 0;
  virtual Threading backward_threading() const { return forward_threading(); }
  /// The most that a call of a team of this size needs.
  virtual Scratch scratch(int /*team_size*/) const { return {}; }
  /// An image's multiply-adds forward, of the `direct` ones of the layer's definition.
  virtual std::int64_t multiply_adds(std::int64_t direct) const { return direct; }
  /// The same for the gradients of the weights and, where it is wanted, of the input.
  virtual std::int64_t gradient_multiply_adds(std::int64_t direct) const { return direct; }
  /// Bytes of weights that forward reads where no input is zero, of the `stored` ones of the
  /// layer's definition.
  virtual std::int64_t weight_bytes(std::int64_t stored) const { return stored; }
  /// Where the first step wants something else than plain NHWC, it says so here.
  virtual InputLayout input_layout(const InputLayout& plain) const { return plain; }

  /// Brings the weights into the form that the kernels read, when they have changed; called by all
  /// threads of the team (by one, where forward has the library's threads).
  virtual void pack(const Team& /*team*/) {}
  virtual void forward(const Work& work) = 0;
  /// dx and the weights' gradients, from dy, for the whole batch. May overwrite dy.
  virtual void backward(const Work& work) = 0;
};

/// What an implementation is asked for.
struct Problem {
  LayerInfo info;  ///< shapes (c, h, w) or (features,)
  std::uint32_t layer = 0;
  bool first = false;           ///< fed by the images
  bool relu = false;            ///< a ReLU follows and is part of the step
  bool training = false;        ///< there is a way back
  bool input_gradient = false;  ///< somebody needs dx
  Precision precision = Precision::fp32;
  int threads = 1;
  std::vector<int> batches;  ///< prepared sizes, largest first

  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  Tensor* weight_gradient = nullptr;  ///< null: nobody wants it, as of frozen weights
  Tensor* bias_gradient = nullptr;

  int max_batch() const { return batches.front(); }
};

/// A step, or why not; neither: for another precision.
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

}  // namespace alexnet::cpu
