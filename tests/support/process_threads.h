#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace alexnet::test {

/// How many threads this process has.
inline std::ptrdiff_t process_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

}  // namespace alexnet::test
