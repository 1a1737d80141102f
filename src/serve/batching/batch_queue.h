#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/batching/job.h"

namespace alexnet::serve {

struct ExecutorOptions {
  int max_batch = 16;
  std::chrono::microseconds max_wait{2000};  ///< for a batch to fill
  int max_queue = 256;                       ///< images (or tasks) of one model that may wait
};

/// A job or task on its way through the executor.
struct PendingJob {
  Job job;  ///< of a task: its model and cancellation only
  JobResult result;
  std::function<void()> task;  ///< in place of images
  std::function<void()> cancelled;
  Clock::time_point arrived;
  int taken = 0;  ///< images that are computed, or in a batch
};

/// Consecutive images of one job, in a batch.
struct BatchPart {
  PendingJob* job = nullptr;
  int first = 0;
  int count = 0;
};

/// What is computed together: images of one model and kind, or one task.
struct Batch {
  std::shared_ptr<ServedModel> model;
  int images = 0;
  std::vector<BatchPart> parts;
  std::vector<std::unique_ptr<PendingJob>> complete;   ///< after this batch
  std::vector<std::unique_ptr<PendingJob>> cancelled;  ///< while they waited

  bool is_task() const { return !complete.empty() && complete.front()->task; }
};

/// Divides waiting jobs into batches. Each model and kind of input has a queue, in order of
/// arrival; a job with more images than fit goes back to the end of its queue after each part. The
/// queues are served round-robin, so that none waits for more than one batch of each of the others.
/// A batch waits for more images until it is full, its first has waited for `max_wait`, or it must
/// start to be ready for its first deadline.
class BatchQueue {
 public:
  explicit BatchQueue(const ExecutorOptions& options) : options_(options) {}

  enum class Pushed {
    refused,  ///< the model's queues are full; empty ones take a job of any size
    waits,
    changed,  ///< `ready_time` may be earlier than before
  };
  Pushed push(std::unique_ptr<PendingJob> job);
  /// The next batch that is ready; it may consist of cancelled jobs only.
  std::optional<Batch> pop(Clock::time_point now);
  /// When the next batch is ready; time_point::max() when nothing waits.
  Clock::time_point ready_time() const;
  bool empty() const { return queues_.empty(); }
  /// Images and tasks of this model that wait.
  int waiting(const std::string& model) const;

 private:
  enum class Kind { bytes, floats, tasks };
  struct Queue {
    std::shared_ptr<ServedModel> model;
    Kind kind = Kind::bytes;
    std::deque<std::unique_ptr<PendingJob>> jobs;
    int images = 0;
    Clock::time_point first_deadline = Clock::time_point::max();
  };

  static Kind kind_of(const PendingJob& job);
  Queue& queue_for(const PendingJob& job);
  Clock::time_point ready_time(const Queue& queue) const;
  /// When a batch must start at the latest.
  static Clock::time_point last_start(const Queue& queue);
  Batch take_batch(Queue& queue, Clock::time_point now) const;

  ExecutorOptions options_;
  std::list<Queue> queues_;  // that are not empty, the next to be served first
};

}  // namespace alexnet::serve
