#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <optional>
#include <string>

#include "train/training_data.h"

namespace alexnet {

/// Images of a data set that a network is evaluated on, and what they are to it.
struct EvaluationImages {
  DatasetPtr dataset;
  std::string data;  ///< whose they are: DATA, or what the run validated on (--val)
  Split split = Split::test;
  bool held_out = false;           ///< by the run, of its own training images
  bool given = false;              ///< for validation, to the run (--val)
  bool was_changed = false;        ///< the run held them out, but its data changed on the way
  std::optional<bool> trained_on;  ///< the run learned from them; none: not known

  /// "validation images that the run held out of its training images", or of one of them.
  std::string description(bool single = false) const;
};

/// The part of DATA that `split` names; without one the test part or, where there is none and the
/// run at `run` (empty: none) trained on this very data, the run's validation images. Of DATA's
/// other parts `trained_on` is left open: see was_trained_on. Throws Error when DATA has no such
/// part.
EvaluationImages evaluation_images(const std::string& data, std::optional<Split> split,
                                   const std::filesystem::path& run);

/// Whether the run at `run` learned from these images; none: not known. Opens the training images
/// beside them where that is open.
std::optional<bool> was_trained_on(const EvaluationImages& images,
                                   const std::filesystem::path& run);

/// How the training images of the run at `run` are no longer those that it was trained on, in
/// words; empty where they are, and where it is not known. Throws Error.
std::string change_of_data(const std::filesystem::path& run, const TrainingData& data);

}  // namespace alexnet
