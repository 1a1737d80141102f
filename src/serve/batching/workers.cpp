#include "serve/batching/workers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/places.h"

namespace alexnet::serve {

Workers::Workers(int threads, std::size_t limit) : limit_(limit) {
  for (int i = 0; i < threads; ++i) {
    const TaskSize preferred = i == 0 ? TaskSize::small : TaskSize::large;
    threads_.emplace_back(
        [this, preferred](const std::stop_token& stop) { work(stop, preferred); });
  }
}

void Workers::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool Workers::post(Task task, TaskSize size) {
  {
    const std::scoped_lock lock(mutex_);
    std::deque<Task>& queue = size == TaskSize::small ? small_ : large_;
    if (queue.size() >= limit_) return false;
    queue.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void Workers::post_completion(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    completions_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::deque<Workers::Task>* Workers::next(TaskSize preferred) {
  const auto queues = preferred == TaskSize::small ? std::array{&completions_, &small_, &large_}
                                                   : std::array{&completions_, &large_, &small_};
  const auto found =
      std::ranges::find_if(queues, [](const auto* queue) { return !queue->empty(); });
  return found == queues.end() ? nullptr : *found;
}

void Workers::work(const std::stop_token& stop, TaskSize preferred) {
  parallel::run_at_all_places();
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return next(preferred) != nullptr; }) &&
         !stop.stop_requested()) {
    std::deque<Task>& queue = *next(preferred);
    Task task = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
}

}  // namespace alexnet::serve
