#pragma once

#include <functional>
#include <optional>

#include "ranks/communicator.h"

namespace alexnet::cli {

/// Calls `action` on every rank; one process on its own is the only one. What all ranks throw alike
/// the first one throws; what one throws alone, or wrong usage of some, is said, and ends all.
/// Gives the exit code of a process that has nothing more to do: of all but the first.
std::optional<int> on_ranks(const std::function<void(Communicator&)>& action);

}  // namespace alexnet::cli
