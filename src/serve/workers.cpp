#include "serve/workers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace alexnet::serve {

Workers::Workers(int threads, std::size_t limit) : limit_(limit) {
  for (int i = 0; i < threads; ++i) {
    const Load first = i == 0 ? Load::light : Load::heavy;
    threads_.emplace_back([this, first](const std::stop_token& stop) { work(stop, first); });
  }
}

void Workers::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool Workers::post(Task task, Load load) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<Task>& queue = load == Load::light ? light_ : heavy_;
    if (queue.size() >= limit_) return false;
    queue.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void Workers::post_last_step(Task task) {
  {
    const std::lock_guard lock(mutex_);
    last_steps_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::deque<Workers::Task>* Workers::next(Load first) {
  const auto queues = first == Load::light ? std::array{&last_steps_, &light_, &heavy_}
                                           : std::array{&last_steps_, &heavy_, &light_};
  const auto found =
      std::ranges::find_if(queues, [](const auto* queue) { return !queue->empty(); });
  return found == queues.end() ? nullptr : *found;
}

void Workers::work(const std::stop_token& stop, Load first) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return next(first) != nullptr; }) && !stop.stop_requested()) {
    std::deque<Task>& queue = *next(first);
    Task task = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
}

}  // namespace alexnet::serve
