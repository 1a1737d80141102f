#pragma once

#include <alexnet/evaluate.h>

#include <cstddef>
#include <functional>

#include "ranks/communicator.h"

namespace alexnet {

/// As evaluate_crops, by ranks whose loaders take turns at the batches of a set in its own order:
/// all get the same figures, bit for bit those of one process with the same batches. `progress`
/// is called by all ranks together; `seen` sees this rank's batches. `idle` is called where this
/// rank has no batch while others run theirs.
CropsEvaluation evaluate_crops(Communicator& ranks, Plan& plan, Loader& loader,
                               const EvaluationProgress& progress, const BatchObserver& seen = {},
                               std::size_t unknown_classes = 0,
                               const std::function<void()>& idle = {});

}  // namespace alexnet
