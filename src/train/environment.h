#pragma once

#include <string>

namespace alexnet {

/// What a run was made with: versions and machine, for people who want to repeat it.
struct Environment {
  std::string version;  ///< of alexnet
  std::string onednn;
  std::string compiler;
  std::string processor;  ///< "AMD EPYC 9B14, avx2 avx512f"
  int processors = 0;     ///< that this process may use
};

Environment this_environment();

}  // namespace alexnet
