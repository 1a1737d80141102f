#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "train/metrics_log.h"

namespace alexnet {

/// bad_images.jsonl in a run folder: {"image": …, "key": …, "part": …, "problem": …} a line, each
/// key of a part once, also over resumptions and wherever the data lies meanwhile. There is no file
/// before there is an image.
class BadImageLog {
 public:
  explicit BadImageLog(const std::filesystem::path& run_folder);

  /// Whether the image was not there yet. Throws Error when the file cannot be read or written.
  bool add(const BadImage& image, Split part);
  std::size_t size() const { return listed_.size(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::set<std::pair<std::string, std::string>> listed_;  // parts and keys
  std::uint64_t bytes_ = 0;                               // of its complete lines
  std::optional<MetricsLog> file_;
};

}  // namespace alexnet
