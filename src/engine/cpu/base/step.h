#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/team.h"
#include "engine/cpu/base/products.h"
#include "engine/cpu/base/stream.h"

/// A step is one layer (with its ReLU, where one follows), planned at compile time.
///
/// Activations are (n, h, w, c) floats; after Flatten they are (n, features) with the features in
/// PyTorch's (c, y, x) order.
namespace alexnet::cpu {

using parallel::Range;
using parallel::Team;

/// What a rank computes in a pass.
struct Turn {
  int images = 0;  ///< rows of activations, those that are ignored too; 0: it helps the others
  int part = 0;    ///< of the batch
};

/// One pass through the steps.
struct Pass {
  const Images* images = nullptr;  ///< the caller's
  std::size_t size_index = 0;      ///< which of the prepared batch sizes
  int batch = 0;          ///< that size; rows past the caller's images are computed and ignored
  bool training = false;  ///< draw dropout masks, keep what backward needs
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  BatchPart part;               ///< where the images lie in the batch that they are a part of
  std::span<const Turn> turns;  ///< of the ranks that compute together, by rank
};

/// How a step wants to be called.
enum class Threading {
  by_image,     ///< by any number of teams at once, each with its part of the batch
  whole_batch,  ///< by one team of all threads with the whole batch
  library,      ///< by one thread; the library behind it has threads of its own
  own_teams,    ///< by one thread, which makes teams; by every rank, also one without images
};

/// Images that a team takes through by-image steps at a time, going forward: so many that weights
/// are read seldom. More gained nothing on caches of 1 and of 2 MiB (docs/engine.md).
inline constexpr int kImagesAtOnce = 8;

/// Memory that a step uses while it runs, in floats; the next step reuses it.
struct Scratch {
  std::size_t shared = 0;      ///< one for the team
  std::size_t per_thread = 0;  ///< one for each thread
};

/// What a call works on. All threads of a team get the same, but for `team.index()` and
/// `per_thread`.
struct Work {
  const Pass& pass;
  Team team;
  int first = 0;             ///< of these images in the batch
  int images = 0;            ///< how many
  const float* x = nullptr;  ///< of image `first`, as y, dx and dy are
  float* y = nullptr;        ///< equal to x for a step in place
  float* dx = nullptr;       ///< null where it is not needed
  float* dy = nullptr;
  float* shared = nullptr;
  float* per_thread = nullptr;
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
  /// Whether a library with threads of its own computes.
  virtual bool by_library() const {
    return forward_threading() == Threading::library || backward_threading() == Threading::library;
  }
  /// The most that a call of a team of this size needs.
  virtual Scratch scratch(int /*team_size*/) const { return {}; }
  /// The same of backward, where that needs other memory than forward.
  virtual Scratch backward_scratch() const { return {}; }
  /// An image's multiply-adds forward, of the `direct` ones of the layer's definition.
  virtual std::int64_t multiply_adds(std::int64_t direct) const { return direct; }
  /// The same for the gradients of the weights and, where it is wanted, of the input.
  virtual std::int64_t gradient_multiply_adds(std::int64_t direct) const { return direct; }
  virtual Products products() const { return Products::float32; }
  /// Bytes of weights that forward reads where no input is zero, of the `stored` ones of the
  /// layer's definition.
  virtual std::int64_t weight_bytes(std::int64_t stored) const { return stored; }
  /// What the threads of a team of this size move in a call of forward, besides reading x and the
  /// weights and writing y once.
  virtual std::vector<Stream> streams(int /*images*/, int /*team_size*/) const { return {}; }
  /// Whether forward reads the layer's weights themselves, and not only what pack() made of them.
  virtual bool reads_weights() const { return true; }
  /// Where the first step wants something else than plain NHWC, it says so here.
  virtual InputLayout input_layout(const InputLayout& plain) const { return plain; }

  /// Brings the weights into the form that the kernels read, when they have changed; called by all
  /// threads of the team (by one, where forward is).
  virtual void pack(const Team& /*team*/) {}
  virtual void forward(const Work& work) = 0;
  /// dx and the weights' gradients, from dy, for the whole batch. May overwrite dy.
  virtual void backward(const Work& work) = 0;
  /// Whether in training activations and gradients are rounded to bf16 before they are multiplied,
  /// as weights are.
  virtual bool rounds_operands() const { return false; }
  /// Whether the weights' gradients are those of all that was to be added up.
  virtual bool gradients_are_final() const { return true; }
};

}  // namespace alexnet::cpu
