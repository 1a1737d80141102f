#pragma once

#include <alexnet/engine.h>

#include <memory>
#include <vector>

#include "engine/api/division.h"

namespace alexnet {

/// How networks are computed. The registry (engine/engine.cpp) names the engines and checks what
/// they are given: architecture, parameters and options fit together.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::unique_ptr<Plan> compile(const Architecture& architecture,
                                        std::shared_ptr<const Parameters> parameters,
                                        const InferenceOptions& options) const = 0;
  virtual std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                                         Parameters parameters,
                                                         const TrainingOptions& options,
                                                         const Division& division) const = 0;
  /// Throws Error, listing the layers, when the network has none of a name.
  virtual std::unique_ptr<InspectionPlan> compile_inspection(
      const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
      const InspectionOptions& options) const = 0;
  virtual std::unique_ptr<DistancePlan> compile_distance(
      const Architecture& trunk, std::shared_ptr<const Parameters> parameters,
      const DistanceOptions& options) const = 0;

  /// Whether it can divide layers by rows.
  virtual bool divides_by_rows() const = 0;
  /// What its results depend on besides its code, for those who want to repeat them.
  virtual std::vector<EnvironmentEntry> environment() const = 0;
};

}  // namespace alexnet
