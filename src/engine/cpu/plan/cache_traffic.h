#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/cpu/base/processor.h"
#include "engine/cpu/plan/flow.h"

namespace alexnet::cpu {

/// How a pass of the largest batch calls the steps of the nodes [begin, end): `teams` teams at once
/// take some images through all of them, one after another `rounds` times.
struct Calls {
  std::size_t begin = 0;
  std::size_t end = 0;
  int teams = 1;
  int team_size = 1;
  double rounds = 1;
  int images = 1;  ///< of a call
};

/// Sets the forward traffic of the flow's layers. `kept`: of each value whether it has a place of
/// its own; the others take turns in two.
void describe_traffic(Flow& flow, std::span<const Calls> segments, const std::vector<bool>& kept,
                      const Caches& caches);

}  // namespace alexnet::cpu
