#include "train/environment.h"

#include <alexnet/version.h>
#include <fmt/chrono.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "core/threads.h"

namespace alexnet {
namespace {

// The value of the first "key : value" line of /proc/cpuinfo; empty when there is none.
std::string cpuinfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

bool is_vector_instruction(std::string_view flag) {
  return flag == "avx2" || flag == "fma" || flag.starts_with("avx512") || flag.starts_with("amx") ||
         flag.starts_with("asimd") || flag.starts_with("sve");
}

// The vector instructions that decide which kernels run.
std::string vector_instructions() {
  std::string found;
  std::istringstream flags(cpuinfo("flags") + cpuinfo("Features"));  // on ARM
  for (std::string flag; flags >> flag;) {
    if (is_vector_instruction(flag)) {
      found += (found.empty() ? "" : " ") + flag;
    }
  }
  return found;
}

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

Environment this_environment(std::string_view engine) {
  return {.time = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))),
          .version = std::string(version()),
          .compiler = compiler(),
          .processor = fmt::format("{}, {}", cpuinfo("model name"), vector_instructions()),
          .processors = available_threads(),
          .engine = engine_environment(engine)};
}

}  // namespace alexnet
