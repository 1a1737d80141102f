#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace alexnet::serve {

/// How long a task is expected to take.
enum class TaskSize { small, large };

/// A few threads that parse requests, decode images and encode responses. The first prefers small
/// tasks, the others large ones, so that neither size waits for all of the other. Tasks must not
/// throw.
class Workers {
 public:
  using Task = std::function<void()>;

  /// At least two threads. At most `limit` tasks of each size wait.
  Workers(int threads, std::size_t limit);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Ends the threads after the tasks in progress; tasks that wait are dropped.
  void stop();
  /// False when too many wait.
  bool post(Task task, TaskSize size);
  /// The last step of an accepted request: runs before other tasks and is never refused.
  void post_completion(Task task);

 private:
  void work(const std::stop_token& stop, TaskSize preferred);
  /// The queue of a thread's next task; null when all are empty.
  std::deque<Task>* next(TaskSize preferred);

  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> small_;
  std::deque<Task> large_;
  std::deque<Task> completions_;
  std::vector<std::jthread> threads_;
};

}  // namespace alexnet::serve
