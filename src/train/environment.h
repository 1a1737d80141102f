#pragma once

#include <alexnet/engine.h>

#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// What something is made with, and when: for people who want to repeat or compare it.
struct Environment {
  std::string time;     ///< "2026-11-27T06:03:05Z"
  std::string version;  ///< of alexnet
  std::string compiler;
  std::string processor;  ///< "AMD EPYC 9B14, avx2 avx512f"
  int processors = 0;     ///< that this process may use
  std::vector<EnvironmentEntry> engine;
};

Environment this_environment(std::string_view engine);

}  // namespace alexnet
