#pragma once

#include <alexnet/engine.h>

#include <memory>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "engine/common/checks.h"
#include "engine/common/layer_times.h"
#include "engine/cpu/plan/cache_traffic.h"
#include "engine/cpu/plan/flow.h"

namespace alexnet::cpu {

struct ProgramOptions {
  PlanOptions plan;
  Division division;
  Precision precision = Precision::fp32;  ///< of inference
  bool bf16_products = false;             ///< of training
  /// Where the gradients of the weights go; null: nowhere.
  Parameters* gradients = nullptr;
  /// There is a backward pass, from the logits. Layers before `backward_ends` get no gradients.
  bool backward = false;
  std::size_t backward_ends = 0;
  std::vector<std::size_t> inspected_layers;  ///< whose activations are kept
  /// Of a network without its classifier, for images in pairs; gradients go back to the images.
  const DistanceOptions* distance = nullptr;
};

/// A network compiled to steps and buffers.
///
/// A *value* is what flows between steps: value 0 is the input, the last is the logits. Steps that
/// work image by image run in sequence on a few images at a time, so that what flows between them
/// stays in the cache: with many images each thread takes its part of the batch through all of
/// them, with few all threads share each step; images of a pair stay together. Such passing values
/// live in two buffers that take turns. The features, the logits and what whole-batch steps read
/// are kept whole; training keeps every value for the backward pass, and lets the gradients take
/// turns.
class Program {
 public:
  /// Keeps references to the tensors.
  Program(const Architecture& architecture, const Parameters& parameters,
          const ProgramOptions& options);

  const Architecture& architecture() const { return architecture_; }
  int max_batch() const { return options_.max_batch; }
  int classes() const { return classes_; }
  int threads() const { return static_cast<int>(threads_); }
  /// Of the teams that are to compute with it.
  parallel::Pool pool() const;

  std::vector<LayerPlan> layers() const;
  /// Starts adding up each layer's time, for layers().
  void measure_layers() { times_.start(); }

  /// Must be called whenever weights have changed.
  void pack();

  /// Whether forward reads this layer's weights ("classifier.1") where the caller has them.
  bool reads_weights(std::string_view layer) const;

  /// Checks and loads the images, runs the steps; the result says which batch size it took. Divided
  /// by rows, without images: runs those steps that ranks compute together.
  Pass forward(const Images& images, Pass pass);
  Outputs outputs(int images) const;
  /// Of the pass just run, one for each tap.
  std::vector<TensorView> differences(int images) const;

  /// Loss and gradients of the pass just run with `training`.
  StepResult backward(const Pass& pass, std::span<const std::int32_t> labels, float label_smoothing,
                      const GradientReady& ready);
  /// The gradients of each image's logit of its class, of such a pass.
  void backward(const Pass& pass, std::span<const std::int32_t> classes);
  /// The gradients of each pair's distance by its second image, (pairs, c, h, w).
  Tensor distance_gradient(const Pass& pass, int images);

  /// What the last pass made of a layer, and the gradient by that, where the backward pass ends; a
  /// layer's number is activations_layer's.
  Tensor activations(std::size_t layer, int images) const;
  Tensor gradient(std::size_t layer, int images) const;

 private:
  /// Consecutive nodes [begin, end) that are called alike.
  struct Segment {
    Threading threading;
    std::size_t begin;
    std::size_t end;
  };
  struct Value {
    bool kept = false;  // whole, in a tensor of its own
    Tensor whole;
  };

  enum class Sharing { nothing, steps };  ///< of a team
  struct Memory {
    float* shared;
    float* per_thread;
    float* passing;
  };

  void make_segments();
  /// Of the largest batch.
  Calls calls_of(const Segment& segment) const;
  void describe_traffic();
  void decide_what_to_keep(const ProgramOptions& options);
  void allocate(const ProgramOptions& options);
  void allocate_arena();

  void take_turns(Pass& pass);
  void normalise(int batch);
  bool share_steps(std::size_t batch) const;
  void run_segment(const Pass& pass, const Segment& segment, const Team& all);
  void run_images(const Pass& pass, const Segment& segment, const Team& team, const Memory& memory,
                  Range images, bool timed);
  void propagate(const Pass& pass, const GradientReady& ready);
  void backward(const Pass& pass, const Node& node, const Team& team);
  /// What the thread with this number works in.
  Memory memory_of(Sharing sharing, std::size_t thread);
  Work work_for(const Pass& pass, const Node& node, const Team& team, const Memory& memory,
                Range images);
  float* gradient(std::size_t value);
  Tensor planes(Shape shape, int images, const float* pixels) const;

  Architecture architecture_;
  PlanOptions options_;
  Division division_;
  std::vector<Turn> turns_;   // of the last pass
  std::vector<int> batches_;  // prepared sizes, largest first
  std::size_t threads_;
  std::size_t together_;  // images: 2 of a pair
  int classes_;           // 0 of a network without a classifier

  Flow flow_;
  std::vector<Segment> segments_;
  std::vector<Value> values_;

  /// The scratch memory of a team of all threads, then each thread's: for when it is a team of one,
  /// its own in either; then pairs of passing values, one where even a whole batch makes threads
  /// share steps, else one for each thread.
  std::size_t team_shared_ = 0;
  Scratch scratch_;
  std::size_t passing_size_ = 0;  // floats of a passing value
  std::size_t first_passing_ = 0;
  Buffer<float> arena_;
  std::vector<Tensor> gradient_buffers_;  // two, taking turns; none at inference
  Tensor log_probabilities_;

  LayerTimes times_;
};

}  // namespace alexnet::cpu
