#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace alexnet::serve {

/// What a task is expected to take.
enum class Load { light, heavy };

/// A few threads that parse, decode and write answers. The first takes light tasks before heavy
/// ones, the others heavy ones first, so that neither kind waits for all of the other. Tasks must
/// not throw.
class Workers {
 public:
  using Task = std::function<void()>;

  /// At least two threads. At most `limit` tasks of each kind wait.
  Workers(int threads, std::size_t limit);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Ends the threads after the tasks that they are in; what still waits is dropped.
  void stop();
  /// False when too many wait already.
  bool post(Task task, Load load);
  /// Goes before the others, and always finds room: the last step of what was let in.
  void post_last_step(Task task);

 private:
  void work(const std::stop_token& stop, Load first);
  /// Where the next task of a thread is; null when none waits.
  std::deque<Task>* next(Load first);

  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> light_;
  std::deque<Task> heavy_;
  std::deque<Task> last_steps_;
  std::vector<std::jthread> threads_;
};

}  // namespace alexnet::serve
