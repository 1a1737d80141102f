#pragma once

#include <alexnet/architecture.h>
#include <alexnet/enum_names.h>
#include <alexnet/images.h>
#include <alexnet/normalization.h>
#include <alexnet/parameters.h>
#include <alexnet/precision.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The one seam between what is computed and how. `compile` decides every shape, layout, buffer and
/// primitive once; a plan then runs many times. Which engine computes is an option.
#pragma GCC visibility push(default)
namespace alexnet {

/// The engine where none is named: the fast one, on the processor.
inline constexpr const char* kDefaultEngine = "cpu";

/// "cpu" (fast) and "reference" (plain loops in double precision, slow).
std::vector<std::string> engine_names();

/// What an engine's results depend on besides its code, as a version of a library.
struct EnvironmentEntry {
  std::string name;   ///< "onednn"
  std::string value;  ///< "2.6.0"
};
/// Throws Error, listing the names, when there is no engine of this name.
std::vector<EnvironmentEntry> engine_environment(std::string_view engine);

/// Which engine computes, with how many threads.
struct EngineOptions {
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
};

struct PlanOptions {
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int max_batch = 1;                    ///< a plan serves any batch from 1 to this
  int threads = 0;                      ///< 0: all processors
  Normalization normalization;
};

struct InferenceOptions : PlanOptions {
  Precision precision = Precision::fp32;  ///< the reference engine has fp32 only
};

/// What a run gives. Views are valid until the plan's next run.
struct Outputs {
  TensorView log_probabilities;  ///< (n, classes)
  TensorView logits;             ///< (n, classes)
  TensorView features;           ///< (n, c, h, w): what the classifier sees before it is flattened
};

/// Bytes that a pass reads or writes at each level of the memory, by a model (docs/engine.md,
/// Balance). What comes from afar passes all that is nearer.
struct CacheTraffic {
  double l2 = 0;      ///< between the first level of cache and the second
  double l3 = 0;      ///< between the second and the third
  double memory = 0;  ///< between the last and memory

  CacheTraffic& operator+=(const CacheTraffic& other);
};

/// What a pass through a layer amounts to: so much must be computed and moved, less what is
/// skipped because it is multiplied by zero.
struct LayerWork {
  std::int64_t multiply_adds = 0;     ///< an image's, by the layer's definition
  std::int64_t computed = 0;          ///< an image's, as implemented: fewer in Winograd form
  std::int64_t weight_bytes = 0;      ///< read once a batch, as stored; of gradients also written
  std::int64_t activation_bytes = 0;  ///< an image's, each read or written once
  CacheTraffic traffic;               ///< of a pass of the plan's max_batch images
  std::int64_t computed_in_bf16 = 0;  ///< those of `computed` that multiply bf16
  std::int64_t computed_in_int8 = 0;  ///< those that multiply bytes

  LayerWork& operator+=(const LayerWork& other);
};

/// How a layer is computed, for `alexnet info --plan`.
struct LayerPlan {
  std::string layer;                  ///< "features.0 Conv"
  std::string implementation;         ///< "oneDNN jit:avx2"
  std::vector<std::string> declined;  ///< "name: why not", for those that come earlier in the list
  std::string why_fp32;        ///< where its weights do not fit the precision that was asked for
  double forward_seconds = 0;  ///< a run's mean time since measure_layers(); the images' loading is
                               ///< part of the first layer
  double backward_seconds = 0;  ///< the same for compute_gradients()
  LayerWork forward;
  LayerWork backward;  ///< of a training plan
};

/// A compiled network. Not thread-safe: one thread runs a plan at a time.
class Plan {
 public:
  virtual ~Plan() = default;

  virtual const Architecture& architecture() const = 0;
  virtual int max_batch() const = 0;
  virtual std::vector<LayerPlan> layers() const = 0;
  /// From now on runs are timed layer by layer, for layers(). Threads that take different images
  /// through the network are represented by the first.
  virtual void measure_layers() {}

  /// Inference: dropout does nothing. Throws Error when the batch is empty, larger than max_batch
  /// or not of the architecture's size.
  virtual Outputs run(const Images& images) = 0;
};

/// How the update reads weight decay and the learning rate.
enum class SgdConvention {
  pytorch,         ///< v = m v + (g + d w); w = w − lr v
  krizhevsky2012,  ///< v = m v − d lr w − lr g; w = w + v  (paper, section 5)
};

template <>
struct EnumNames<SgdConvention> {
  static constexpr std::string_view kNoun = "SGD convention";
  static constexpr std::array<std::string_view, 2> kNames{"pytorch", "krizhevsky2012"};
};

/// How far a layer goes with the update's direction.
enum class Optimizer {
  sgd,   ///< as the learning rate says
  lars,  ///< that times trust_coefficient ‖w‖ / (‖g‖ + weight decay ‖w‖), for large batches (You et
         ///< al. 2017, arXiv:1708.03888): w and g are the layer's weights and their gradient;
         ///< biases take their weights' factor. The rate is then inside v, as in krizhevsky2012
};

template <>
struct EnumNames<Optimizer> {
  static constexpr std::string_view kNoun = "optimizer";
  static constexpr std::array<std::string_view, 2> kNames{"sgd", "lars"};
};

struct SgdGroup {
  float learning_rate_multiplier = 1.0F;
  float weight_decay = 5e-4F;
};

/// How fast the parameters whose names begin with `prefix` learn.
struct LayerRate {
  std::string prefix;       ///< "features.", "classifier.6.", "" for all
  float multiplier = 1.0F;  ///< of the learning rate; 0: they stay as they are
};

/// Stochastic gradient descent with momentum. In 2012 biases learned twice as fast and did not
/// decay: biases = {2, 0}.
struct SgdOptions {
  SgdConvention convention = SgdConvention::pytorch;
  float momentum = 0.9F;
  SgdGroup weights{};
  SgdGroup biases{};
  Optimizer optimizer = Optimizer::sgd;
  float trust_coefficient = 0.001F;  ///< of lars; published for AlexNet
};

/// What training computes with. Parameters, momentum, gradients and sums are float32.
enum class TrainingPrecision {
  fp32,
  bf16,  ///< weights are rounded to bf16 for the products forward and backward
};

template <>
struct EnumNames<TrainingPrecision> {
  static constexpr std::string_view kNoun = "precision of training";
  static constexpr std::array<std::string_view, 2> kNames{"fp32", "bf16"};
};

struct TrainingOptions : PlanOptions {
  SgdOptions sgd;
  float label_smoothing = 0.0F;  ///< share of the target spread evenly over all classes
  std::uint64_t seed = 0;        ///< keys the dropout masks
  /// The first that fits a parameter counts; where none does, the multiplier is 1. No gradients are
  /// computed for layers that stay as they are and come before all others.
  std::vector<LayerRate> layer_rates;
  TrainingPrecision precision = TrainingPrecision::fp32;
};

struct StepResult {
  double loss = 0;  ///< mean cross-entropy over the batch; of a part its share of that
  int correct = 0;  ///< images whose largest logit is their label's
};

/// Where images lie in a batch that is computed in several parts.
struct BatchPart {
  int first = 0;  ///< images of the batch before these
  int batch = 0;  ///< images of the whole batch; 0: these are all
};

/// Called with a parameter's name as soon as its gradient is final, last layer first; not for those
/// without one.
using GradientReady = std::function<void(std::string_view name)>;

/// Changes values of tensors. Names and shapes stay, and so do the tensors: their values are
/// written in place.
using ParametersEdit = std::function<void(Parameters&)>;

/// A network compiled for training; it owns the parameters and the momentum.
/// `run` evaluates the current parameters without dropout.
class TrainingPlan : public Plan {
 public:
  /// Forward and backward. `step` keys the dropout masks (with the seed and the place in the
  /// batch). The gradient is that of the mean loss; loss and gradient of a `part` are its share of
  /// those of the batch, which the parts' add up to. Throws Error when a label is outside the
  /// classes, the images do not fit, or they are no part of such a batch.
  virtual StepResult compute_gradients(const Images& images, std::span<const std::int32_t> labels,
                                       std::uint32_t step, const GradientReady& ready = {},
                                       const BatchPart& part = {}) = 0;
  /// One step of SGD with the gradients last computed, as edited since.
  virtual void update(float learning_rate) = 0;

  virtual const Parameters& parameters() const = 0;
  virtual const Parameters& momentum() const = 0;
  virtual const Parameters& gradients() const = 0;

  /// The only ways to change tensors of a plan, which keeps weights in other forms too. A reference
  /// that `edit` was given must not be used after it has returned. Throw Error when a tensor was
  /// replaced or added; the plan must not be used any more then.
  virtual void edit_parameters(const ParametersEdit& edit) = 0;
  virtual void edit_momentum(const ParametersEdit& edit) = 0;
  /// Between compute_gradients() and update(), or in GradientReady those that are final.
  virtual void edit_gradients(const ParametersEdit& edit) = 0;
};

/// What a plan shows of a network besides its outputs. A layer's activations are those after the
/// ReLU, where one follows it.
struct InspectionOptions : PlanOptions {
  std::vector<std::string> layers;  ///< whose activations are kept, by torchvision's names
  std::string gradient_layer;       ///< whose logit_gradient() is by; empty: no gradients
  bool before_relu = false;  ///< the layers' activations are their own, before a ReLU that follows;
                             ///< not with gradients
};

/// A network compiled for looking inside; dropout does nothing. Takes the weights as they are.
class InspectionPlan : public Plan {
 public:
  /// A layer's activations in the last run, (n, c, h, w) or (n, features). Throws Error when it is
  /// neither one of `layers` nor `gradient_layer`, or before the first run.
  virtual Tensor activations(std::string_view layer) const = 0;
  /// The gradient of each image's logit of its class by the activations of `gradient_layer`, in the
  /// last run; the shape is that of these. May be called again with other classes. Throws Error
  /// when there is no such layer, or unless there is one class within range for every image.
  virtual Tensor logit_gradient(std::span<const std::int32_t> classes) = 0;
};

/// Where a distance compares two images: after the ReLU of a layer, with a weight for each channel.
struct DistanceTap {
  std::string layer;           ///< torchvision's name: "features.0"
  std::vector<float> weights;  ///< (channels)
};

/// What keeps the length of a pixel's features, by which they are divided, from being zero.
enum class Epsilon {
  lpips,         ///< √(Σ f²) + 1e-10: the package lpips
  torchmetrics,  ///< √(1e-8 + Σ f²): torchmetrics
};

template <>
struct EnumNames<Epsilon> {
  static constexpr std::string_view kNoun = "epsilon";
  static constexpr std::array<std::string_view, 2> kNames{"lpips", "torchmetrics"};
};

struct DistanceOptions : PlanOptions {  ///< max_batch is of images, two for each pair
  std::vector<DistanceTap> taps;        ///< each layer once, in their order
  Epsilon epsilon = Epsilon::lpips;
  bool gradient = false;  ///< whether gradient() will be called
};

/// A network without its classifier, compiled to compare pairs of images. What the layers make of
/// them is not kept, but for gradient(). Not thread-safe: one thread runs a plan at a time.
class DistancePlan {
 public:
  virtual ~DistancePlan() = default;

  virtual const Architecture& architecture() const = 0;
  virtual int max_batch() const = 0;
  virtual std::vector<LayerPlan> layers() const = 0;

  /// Compares images 0 and 1, 2 and 3, …: for each tap (pairs, height, width), at every position
  /// Σ over the channels of weight · (f / |f| − g / |g|)². Valid until the plan's next run. Throws
  /// Error when the images are an odd number, none, more than max_batch or not of the
  /// architecture's size.
  virtual std::vector<TensorView> run(const Images& images) = 0;
  /// In the last run the gradient of each pair's distance, which is Σ over the taps of the mean
  /// over the positions, by what the first layer took of its second image: (pairs, c, h, w). Where
  /// all of a position's features are zero it is zero. Throws Error unless the options asked for
  /// gradients, or before the first run.
  virtual Tensor gradient() = 0;
};

/// These compile with the engine that the options name. Throw Error when there is no such engine,
/// or architecture, parameters and options do not fit together.
std::unique_ptr<Plan> compile(const Architecture& architecture,
                              std::shared_ptr<const Parameters> parameters,
                              const InferenceOptions& options = {});
std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                               Parameters parameters,
                                               const TrainingOptions& options = {});
/// The network may end in any layer; of one without LogSoftmax at its end the outputs are empty and
/// there are no gradients. Throws Error, listing the layers, also when it has none of a name.
std::unique_ptr<InspectionPlan> compile_inspection(const Architecture& architecture,
                                                   std::shared_ptr<const Parameters> parameters,
                                                   const InspectionOptions& options = {});
/// `trunk` may end in any layer that has a map. Throws Error also when a tap fits none of its
/// layers, or they are not in the order of the network.
std::unique_ptr<DistancePlan> compile_distance(const Architecture& trunk,
                                               std::shared_ptr<const Parameters> parameters,
                                               const DistanceOptions& options);

}  // namespace alexnet
#pragma GCC visibility pop
