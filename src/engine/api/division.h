#pragma once

#include <alexnet/engine.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/team.h"
#include "ranks/communicator.h"

namespace alexnet {

/// How a network is trained by ranks that share each batch (Krizhevsky 2014, "One weird trick",
/// arXiv:1404.5997). A batch is computed in `parts` parts. The rows of large fully-connected layers
/// are cut into as many slices, and each is computed as a layer of its own; the gradients by their
/// common input are added in the tree of ranks/subtree.h. So the bits do not depend on which rank
/// has which slice.
struct Division {
  Communicator* ranks = nullptr;  ///< null: one process of its own
  int parts = 1;
  /// Layers with slices ("classifier.1"), of which each rank has only those of the numbers of its
  /// parts (parts_of_rank): weights, gradients, momentum. It computes them for the images of all.
  /// Other layers are whole on each rank, which computes them for images of its own.
  std::vector<std::string> by_rows;

  bool divides(std::string_view layer) const;
};

/// Whether a layer's rows are cut: where each slice gets some.
bool is_sliced(const LayerInfo& layer, int parts);

/// The rows of a slice, of so many.
parallel::Range rows_of_slice(std::int64_t rows, int slice, int parts);
/// Those of a rank's slices.
parallel::Range rows_of_rank(std::int64_t rows, int rank, const Division& division);

/// Which parameters have only some of their rows on each rank: those of layers divided by rows.
class DividedParameters {
 public:
  explicit DividedParameters(Division division);

  bool contains(std::string_view parameter) const;
  /// The values of this rank's rows among those of all.
  std::span<const float> own(const NamedTensor& whole) const;
  /// Copies of this rank's rows; the rest is moved.
  Parameters own(Parameters whole) const;
  /// Copies this rank's rows. Throws Error as copy_values.
  void copy_own(const Parameters& whole, Parameters& own) const;

 private:
  Division division_;
  std::vector<std::string> names_;  // of parameters
};

/// Whether the engine can divide layers by rows.
bool divides_by_rows(std::string_view engine);

/// As compile_training, of one rank. `parameters` are whole; those of the plan, its momentum and
/// its gradients are what this rank has.
///
/// Of a plan with layers divided by rows compute_gradients() and run() are called by all ranks
/// together, each with its next part or images of its own, or with none (Images{}), to compute for
/// the others. What compute_gradients() leaves for divided parameters is final, and added up, when
/// every part has been computed; it is only then that they are ready.
std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                               Parameters parameters,
                                               const TrainingOptions& options,
                                               const Division& division);

}  // namespace alexnet
