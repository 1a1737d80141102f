#include "train/metrics_log.h"

#include <span>
#include <utility>

namespace alexnet {

MetricsLog::MetricsLog(std::filesystem::path path, std::uint64_t bytes)
    : file_(std::move(path), bytes) {}

void MetricsLog::write(std::string line) {
  line += '\n';
  file_.write(std::as_bytes(std::span(line)));
}

std::uint64_t MetricsLog::sync() {
  file_.sync();
  return file_.size();
}

}  // namespace alexnet
