#include "ranks/background.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace alexnet {

struct Background::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> tasks;  // the first is being done
  std::exception_ptr error;
  bool ends = false;
  std::thread thread;
};

Background::Background() : state_(std::make_shared<State>()) {
  state_->thread = std::thread([state = state_] { run(*state); });
}

Background::~Background() {
  bool idle = false;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->ends = true;
    idle = state_->tasks.empty();
  }
  state_->changed.notify_all();
  if (idle) {
    state_->thread.join();
  } else {
    state_->thread.detach();
  }
}

void Background::add(std::function<void()> task) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->tasks.push_back(std::move(task));
  }
  state_->changed.notify_all();
}

void Background::wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->tasks.empty(); });
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
}

void Background::run(State& state) {
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.changed.wait(lock, [&] { return state.ends || !state.tasks.empty(); });
    if (state.tasks.empty()) return;
    const std::function<void()> task = state.tasks.front();
    lock.unlock();
    std::exception_ptr error;
    try {
      task();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    state.tasks.pop_front();
    if (error) {
      state.error = error;
      state.tasks.clear();  // others would take their messages for those of this one
    }
    state.changed.notify_all();
  }
}

}  // namespace alexnet
