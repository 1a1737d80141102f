#pragma once

#include <string>
#include <vector>

#include "formats/common/infer_architecture.h"
#include "formats/common/listed_tensor.h"

namespace alexnet {

/// A line for each tensor that a network wants, beside the one of that name in `found`, or, where
/// there is none of them, beside the file's in their order; then the file's further tensors, as far
/// as there is room.
std::string misfit_table(const std::vector<ParameterSpec>& wanted, const NamedShapes& found,
                         const std::vector<ListedTensor>& tensors);

}  // namespace alexnet
