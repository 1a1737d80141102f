#pragma once

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "support/paths.h"

namespace alexnet::test {

inline constexpr int kNoPackage = 77;  // a script's answer where its package is missing

/// The exit code of tests/SCRIPT with these arguments, by $ALEXNET_TEST_PYTHON or the first
/// python3 that has the package; else kNoPackage. Debian's packages belong to Debian's python,
/// which need not be first in the path.
inline int run_python(const std::string& script, const std::string& arguments) {
  constexpr int kNoProgram = 127;  // the shell's
  const char* chosen = std::getenv("ALEXNET_TEST_PYTHON");
  const std::vector<std::string> pythons =
      chosen != nullptr ? std::vector<std::string>{chosen}
                        : std::vector<std::string>{"python3", "/usr/bin/python3"};
  for (const std::string& python : pythons) {
    const std::string command =
        fmt::format("{} {} {}", python, (tests_folder() / script).string(), arguments);
    const int status = WEXITSTATUS(std::system(command.c_str()));
    if (status != kNoPackage && status != kNoProgram) return status;
  }
  return kNoPackage;
}

}  // namespace alexnet::test
