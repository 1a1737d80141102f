#pragma once

#include <alexnet/architecture.h>

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/api/traffic.h"

namespace alexnet::cli {

/// What training a network by several ranks sends, in both ways to divide it.
struct RanksReport {
  SharedBatch batch;
  double gigabits_per_second = 0;
  std::vector<LayerTraffic> layers;
};

/// In as many parts as ranks, as training does unless told otherwise. Throws Error where the batch
/// is too small.
RanksReport ranks_report(const Architecture& net, int ranks, int images,
                         double gigabits_per_second);

void print(const RanksReport& report);
/// The member "ranks" of the JSON that `info` prints.
nlohmann::json to_json(const RanksReport& report);

}  // namespace alexnet::cli
