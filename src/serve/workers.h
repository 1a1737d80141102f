#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace alexnet::serve {

/// A few threads that parse, decode and write answers. Tasks must not throw.
class Workers {
 public:
  using Task = std::function<void()>;

  /// At most `limit` tasks wait.
  Workers(int threads, std::size_t limit);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Ends the threads after the tasks that they are in; what still waits is dropped.
  void stop();
  /// False when too many wait already.
  bool post(Task task);
  /// Goes before the others, and always finds room: the last step of what was let in.
  void post_last_step(Task task);
  std::size_t waiting() const;

 private:
  void work(const std::stop_token& stop);

  std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;
  std::deque<Task> last_steps_;
  std::vector<std::jthread> threads_;
};

}  // namespace alexnet::serve
