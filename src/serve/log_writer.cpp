#include "serve/log_writer.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace alexnet::serve {
namespace {

constexpr std::size_t kMostLines = 10'000;

// What cannot be written at all, to a closed pipe or a full disk, is lost.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      poll(&ready, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace

struct LogWriter::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;
  std::size_t dropped = 0;
  bool closing = false;
  bool finished = false;

  void write_until_closed(int descriptor) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return !lines.empty() || closing; });
      if (lines.empty()) break;
      const auto taken = std::exchange(lines, {});
      const auto lost = std::exchange(dropped, 0);
      lock.unlock();
      for (const std::string& line : taken) write_all(descriptor, line);
      if (lost > 0) {
        write_all(descriptor, fmt::format("{} lines of the log are missing here: they came faster "
                                          "than they were read\n",
                                          lost));
      }
      lock.lock();
    }
    finished = true;
    changed.notify_all();
  }
};

LogWriter::LogWriter(int descriptor) : state_(std::make_shared<State>()) {
  std::thread([state = state_, descriptor] { state->write_until_closed(descriptor); }).detach();
}

LogWriter::~LogWriter() {
  constexpr std::chrono::seconds kPatience{1};
  std::unique_lock lock(state_->mutex);
  state_->closing = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, kPatience, [this] { return state_->finished; });
}

void LogWriter::write(std::string_view line) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->lines.size() >= kMostLines) {
    ++state_->dropped;
    return;
  }
  state_->lines.push_back(fmt::format("{}\n", line));
  state_->changed.notify_one();
}

}  // namespace alexnet::serve
