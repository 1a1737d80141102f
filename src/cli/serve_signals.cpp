#include "cli/serve_signals.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/exit_codes.h"

namespace alexnet::cli {
namespace {

bool has_terminal() {
  const int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) close(terminal);
  return terminal >= 0;
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

struct ServeSignals::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> stop;
  bool reloading = false;
  bool stopping = false;

  void request_reload() {
    const std::scoped_lock lock(mutex);
    reloading = true;
    changed.notify_all();
  }

  void request_stop(int signal) {
    const std::scoped_lock lock(mutex);
    const bool again = stopping && signal != SIGHUP;  // which shells repeat
    if (!stop || again) _exit(kInterrupted);
    if (std::exchange(stopping, true)) return;
    stop();
    changed.notify_all();
  }
};

ServeSignals::ServeSignals() : state_(std::make_shared<State>()) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const bool hangup_reloads = !has_terminal() || is_ignored(SIGHUP);
  std::thread([state = state_, signals, hangup_reloads] {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0) {
      if (signal == SIGHUP && hangup_reloads) {
        state->request_reload();
      } else {
        state->request_stop(signal);
      }
    }
  }).detach();
}

void ServeSignals::on_stop(std::function<void()> stop) {
  const std::scoped_lock lock(state_->mutex);
  state_->stop = std::move(stop);
}

bool ServeSignals::wait_for_reload() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->reloading || state_->stopping; });
  return std::exchange(state_->reloading, false) && !state_->stopping;
}

}  // namespace alexnet::cli
