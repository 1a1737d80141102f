#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace alexnet {

/// metrics.jsonl: one JSON object a line, appended as training goes.
class MetricsLog {
 public:
  /// Opens or creates the file and cuts it back to its first `bytes` bytes, which a checkpoint
  /// remembers; a shorter file stays as it is. Throws Error.
  MetricsLog(std::filesystem::path path, std::uint64_t bytes);
  ~MetricsLog();
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;

  /// Appends `line` and a newline. Throws Error (no space, …).
  void write(std::string line);
  /// Brings everything to the disk and gives the file's size. Throws Error.
  std::uint64_t sync();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::uint64_t bytes_ = 0;
  int descriptor_ = -1;
};

}  // namespace alexnet
