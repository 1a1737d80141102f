#include <alexnet/engine.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/unknown_name.h"
#include "engine/api/division.h"
#include "engine/common/checks.h"
#include "engine/common/engine.h"
#include "engine/cpu/plan/cpu_engine.h"
#include "engine/reference/reference_engine.h"

namespace alexnet {
namespace {

struct Registration {
  std::string_view name;
  const Engine& (*engine)();  // made when it is first asked for
};

// Another engine is a folder and a row. A list, as a linker leaves objects of a static library out
// that nothing but their own registration refers to.
constexpr std::array kEngines{Registration{"cpu", cpu_engine},
                              Registration{"reference", reference_engine}};

const Engine& find_engine(std::string_view name) {
  const auto* const found = std::ranges::find(kEngines, name, &Registration::name);
  if (found != kEngines.end()) return found->engine();
  std::array<std::string_view, kEngines.size()> names;
  std::ranges::transform(kEngines, names.begin(), &Registration::name);
  throw unknown_name("engine", name, names);
}

}  // namespace

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  names.reserve(kEngines.size());
  for (const Registration& row : kEngines) names.emplace_back(row.name);
  return names;
}

std::vector<EnvironmentEntry> engine_environment(std::string_view engine) {
  return find_engine(engine).environment();
}

std::unique_ptr<Plan> compile(const Architecture& architecture,
                              std::shared_ptr<const Parameters> parameters,
                              const InferenceOptions& options) {
  const Engine& engine = find_engine(options.engine);
  check_compile(architecture, *parameters, options);
  return engine.compile(architecture, std::move(parameters), options);
}

std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                               Parameters parameters,
                                               const TrainingOptions& options) {
  return compile_training(architecture, std::move(parameters), options, {});
}

std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                               Parameters parameters,
                                               const TrainingOptions& options,
                                               const Division& division) {
  const Engine& engine = find_engine(options.engine);
  check_compile(architecture, parameters, options);
  return engine.compile_training(architecture, std::move(parameters), options, division);
}

bool divides_by_rows(std::string_view engine) {
  return find_engine(engine).divides_by_rows();
}

std::unique_ptr<InspectionPlan> compile_inspection(const Architecture& architecture,
                                                   std::shared_ptr<const Parameters> parameters,
                                                   const InspectionOptions& options) {
  const Engine& engine = find_engine(options.engine);
  check_inspection(architecture, *parameters, options);
  return engine.compile_inspection(architecture, std::move(parameters), options);
}

std::unique_ptr<DistancePlan> compile_distance(const Architecture& trunk,
                                               std::shared_ptr<const Parameters> parameters,
                                               const DistanceOptions& options) {
  const Engine& engine = find_engine(options.engine);
  check_distance(trunk, *parameters, options);
  return engine.compile_distance(trunk, std::move(parameters), options);
}

}  // namespace alexnet
