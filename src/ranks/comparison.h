#pragma once

#include <string>
#include <vector>

#include "ranks/communicator.h"

namespace alexnet {

/// Something that must be the same on every rank.
struct Fact {
  std::string what;   ///< "the version of alexnet"
  std::string value;  ///< "1.0.0"
};

/// Throws a SharedError that names the first difference between rank 0 and another. Called by all
/// ranks, with the same things.
void require_same(Communicator& ranks, const std::vector<Fact>& facts);

}  // namespace alexnet
