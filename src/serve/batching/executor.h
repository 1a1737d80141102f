#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/batching/batch_queue.h"
#include "serve/batching/job.h"

namespace alexnet::serve {

/// A computed batch, for the metrics.
struct BatchRecord {
  const std::string& model;
  int images = 0;
  double seconds = 0;
};

/// The one thread that runs plans, on the batches of a BatchQueue.
class Executor {
 public:
  Executor(const ExecutorOptions& options, std::function<void(const BatchRecord&)> record);
  ~Executor() { stop(); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Ends the thread after the batch in progress; jobs that wait are dropped.
  void stop();
  /// False when the model's queue is full; an empty one takes a job of any size.
  bool submit(Job job);
  /// False when the model's queue is full.
  bool submit(Task task);
  /// Runs `task` on the executor's thread before all that wait; returns when it has run. Throws
  /// what it throws.
  void run_first(const std::function<void()>& task);
  /// Images and tasks of this model that wait.
  int waiting(const std::string& model) const;

 private:
  bool enqueue(std::unique_ptr<PendingJob> job);
  void work(const std::stop_token& stop);
  void run_urgent(std::unique_lock<std::mutex>& lock);
  void run(Batch& batch);
  void run_images(Batch& batch);
  void compute(Batch& batch);
  Images assemble(const Batch& batch);

  std::function<void(const BatchRecord&)> record_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> urgent_;
  BatchQueue queue_;
  std::vector<float> staging_;
  std::jthread thread_;
};

}  // namespace alexnet::serve
