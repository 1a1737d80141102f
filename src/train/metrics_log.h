#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/appended_file.h"

namespace alexnet {

/// metrics.jsonl: one JSON object a line, appended as training goes.
class MetricsLog {
 public:
  /// Opens or creates the file and cuts it back to its first `bytes` bytes, which a checkpoint
  /// remembers; a shorter file stays as it is. Throws Error.
  MetricsLog(std::filesystem::path path, std::uint64_t bytes);

  /// Appends `line` and a newline. Throws Error (no space, …).
  void write(std::string line);
  /// Brings everything to the disk and gives the file's size. Throws Error.
  std::uint64_t sync();

 private:
  AppendedFile file_;
};

}  // namespace alexnet
