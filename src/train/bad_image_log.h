#pragma once

#include <alexnet/loader.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "train/metrics_log.h"

namespace alexnet {

/// bad_images.jsonl in a run folder: {"image": …, "problem": …} a line, each image once, also over
/// resumptions. There is no file before there is an image.
class BadImageLog {
 public:
  explicit BadImageLog(const std::filesystem::path& run_folder);

  /// Whether the image was not there yet. Throws Error when the file cannot be read or written.
  bool add(const BadImage& image);
  std::size_t size() const { return names_.size(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::set<std::string> names_;
  std::uint64_t bytes_ = 0;  // of its complete lines
  std::optional<MetricsLog> file_;
};

}  // namespace alexnet
