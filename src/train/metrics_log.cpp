#include "train/metrics_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/system_error.h"

namespace alexnet {

MetricsLog::MetricsLog(std::filesystem::path path, std::uint64_t bytes) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail();
  const off_t end = lseek(descriptor_, 0, SEEK_END);
  bytes_ = std::min(bytes, static_cast<std::uint64_t>(std::max<off_t>(end, 0)));
  const auto keep = static_cast<off_t>(bytes_);
  if (end < 0 || ftruncate(descriptor_, keep) != 0 || lseek(descriptor_, keep, SEEK_SET) != keep) {
    const int error = errno;
    close(descriptor_);
    errno = error;
    fail();
  }
}

MetricsLog::~MetricsLog() {
  close(descriptor_);
}

void MetricsLog::write(std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  bytes_ += line.size();
}

std::uint64_t MetricsLog::sync() {
  if (fdatasync(descriptor_) != 0) fail();
  return bytes_;
}

void MetricsLog::fail() const {
  throw system_error(fmt::format("cannot write {}", path_.string()), last_error());
}

}  // namespace alexnet
