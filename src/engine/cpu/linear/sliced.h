#pragma once

#include <functional>
#include <memory>

#include "engine/api/division.h"
#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// Makes the step of a linear layer, or throws Error.
using LinearMaker = std::function<std::unique_ptr<Step>(const Problem& problem)>;

/// A linear layer whose rows are cut into slices, each a layer of its own that `make` makes of its
/// share of the tensors. Where the division is by rows, this rank's slices are computed for the
/// images of all ranks: these come, and the outputs go back to whose images they are; so do the
/// gradients by the outputs and, added up, by the inputs. `problem` is that of the whole layer, its
/// tensors what this rank has; `inputs` are the floats of an image that the made steps read.
std::unique_ptr<Step> make_sliced(const Division& division, const Problem& problem,
                                  std::size_t inputs, const LinearMaker& make);

}  // namespace alexnet::cpu
