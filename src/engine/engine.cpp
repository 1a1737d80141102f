#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include "engine/cpu/cpu_engine.h"
#include "engine/reference/reference_engine.h"

namespace alexnet {

const Engine& engine(std::string_view name) {
  for (const Engine* candidate : {&cpu_engine(), &reference_engine()}) {
    if (candidate->name() == name) return *candidate;
  }
  throw Error(fmt::format("there is no engine '{}'; choose one of cpu, reference", name));
}

}  // namespace alexnet
