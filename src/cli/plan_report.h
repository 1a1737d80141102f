#pragma once

#include <alexnet/engine.h>
#include <alexnet/machine.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/timing.h"

namespace alexnet::cli {

/// How a network runs on this machine, layer by layer.
struct PlanReport {
  std::string engine;
  int batch = 1;
  Precision precision = Precision::fp32;
  MachineLimits limits;
  Timing run;
  std::vector<LayerPlan> layers;  ///< forward_seconds: the median over the runs
};

/// Runs full batches of noise for about a second.
PlanReport measure_plan(const Architecture& net, std::shared_ptr<const Parameters> parameters,
                        const InferenceOptions& options);

/// A table of the layers, what the machine can do at most, and why what is faster elsewhere was not
/// chosen.
void print(const PlanReport& report);
/// The members "plan", "run" and "machine" of the JSON that `info` prints.
nlohmann::json to_json(const PlanReport& report);

}  // namespace alexnet::cli
