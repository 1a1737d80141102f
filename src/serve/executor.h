#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "serve/http.h"
#include "serve/served_model.h"

namespace alexnet::serve {

enum class InputKind {
  bytes,   ///< (N, H, W, C), 0 … 255
  floats,  ///< (N, C, H, W), normalised
};

struct JobResult {
  int status = 200;  ///< else `error` says why, as an HTTP status does
  std::string error;
  std::vector<float> log_probabilities;  ///< (count, classes)
  std::vector<float> logits;             ///< (count, classes)
  double queue_seconds = 0;              ///< until its first image was computed
  double compute_seconds = 0;            ///< of the batches that it rode in
};

/// Images that one request asks about.
struct Job {
  std::shared_ptr<ServedModel> model;
  InputKind kind = InputKind::bytes;
  int count = 0;
  std::span<const std::byte> images;  ///< as `kind` says, one after the other
  std::shared_ptr<const void> owner;  ///< keeps `images` alive
  Patience patience;
  std::function<void(JobResult)> done;  ///< on the executor's thread: must be quick
};

struct ExecutorOptions {
  int max_batch = 16;
  std::chrono::microseconds max_wait{2000};  ///< for a batch to fill
  int max_queue = 256;                       ///< images (or tasks) of one model that may wait
};

/// What a batch was, for the metrics.
struct BatchRecord {
  const std::string& model;
  int images = 0;
  double seconds = 0;
};

/// The one thread that runs plans. Jobs of one model and kind ride together, in order of arrival; a
/// job larger than what a batch has left goes back in line after each part. Models and kinds take
/// turns, so that none waits for more than a batch of each of the others.
class Executor {
 public:
  Executor(const ExecutorOptions& options, std::function<void(const BatchRecord&)> record);
  ~Executor() { stop(); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Ends the thread after the batch that it is in; what still waits is dropped.
  void stop();
  /// False when the model's queue is full; an empty one takes a job of any size.
  bool submit(Job job);
  /// Runs `task` alone, in the model's turn; `expired` instead when nobody waits for it any longer.
  /// False when the queue is full.
  bool submit(std::shared_ptr<ServedModel> model, Patience patience, std::function<void()> task,
              std::function<void()> expired);
  /// Runs `task` on the executor's thread before anything that waits; returns when it has run.
  /// Throws what it throws.
  void run_first(const std::function<void()>& task);
  /// Images and tasks that wait for this model.
  int waiting(const std::string& model) const;

 private:
  struct Waiting {
    Job job;
    JobResult result;
    std::function<void()> task;  // instead of images
    std::function<void()> expired;
    Clock::time_point arrived;
    int taken = 0;  // images that are computed or being computed
  };
  enum class LaneKind { bytes, floats, tasks };
  struct Lane {
    std::shared_ptr<ServedModel> model;
    LaneKind kind = LaneKind::bytes;
    std::deque<std::unique_ptr<Waiting>> line;
    int images = 0;
  };
  struct Part {
    Waiting* waiting = nullptr;
    int first = 0;
    int count = 0;
  };
  struct Batch {
    std::shared_ptr<ServedModel> model;
    LaneKind kind = LaneKind::bytes;
    int images = 0;
    std::vector<Part> parts;
    std::vector<std::unique_ptr<Waiting>> complete;  // after this batch
    std::vector<std::unique_ptr<Waiting>> expired;
  };

  bool enqueue(LaneKind kind, std::unique_ptr<Waiting> waiting);
  Lane& lane(const std::shared_ptr<ServedModel>& model, LaneKind kind);
  int waiting_locked(const std::string& model) const;
  Clock::time_point ready_time(const Lane& lane) const;
  Clock::time_point soonest() const;
  std::optional<Batch> next_batch();
  Batch take_batch(Lane& lane);
  void work(const std::stop_token& stop);
  void run_urgent(std::unique_lock<std::mutex>& lock);
  void run(Batch& batch);
  void run_images(Batch& batch);
  void compute(Batch& batch);
  Images assemble(const Batch& batch);

  ExecutorOptions options_;
  std::function<void(const BatchRecord&)> record_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> urgent_;
  std::list<Lane> lanes_;  // those that wait, in order of their turns
  std::vector<float> staging_;
  std::jthread thread_;
};

}  // namespace alexnet::serve
