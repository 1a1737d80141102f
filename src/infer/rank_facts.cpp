#include "infer/rank_facts.h"

#include <alexnet/engine.h>
#include <alexnet/features.h>
#include <alexnet/version.h>
#include <fmt/format.h>

#include <string>

namespace alexnet {

std::vector<Fact> program_facts(std::string_view engine) {
  std::vector<Fact> facts{{"the version of alexnet", std::string(version())}};
  for (const EnvironmentEntry& entry : engine_environment(engine)) {
    facts.push_back({fmt::format("{} of the {} engine", entry.name, engine), entry.value});
  }
  return facts;
}

Fact weights_fact(const Model& model) {
  return {"the weights' hash", model_hash(model)};
}

}  // namespace alexnet
