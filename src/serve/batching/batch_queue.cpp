#include "serve/batching/batch_queue.h"

#include <algorithm>
#include <utility>

namespace alexnet::serve {

BatchQueue::Kind BatchQueue::kind_of(const PendingJob& job) {
  if (job.task) return Kind::tasks;
  return job.job.kind == InputKind::bytes ? Kind::bytes : Kind::floats;
}

BatchQueue::Queue& BatchQueue::queue_for(const PendingJob& job) {
  const Kind kind = kind_of(job);
  const auto found = std::ranges::find_if(queues_, [&](const Queue& queue) {
    return queue.model == job.job.model && queue.kind == kind;
  });
  if (found != queues_.end()) return *found;
  return queues_.emplace_back(Queue{.model = job.job.model, .kind = kind, .jobs = {}});
}

BatchQueue::Pushed BatchQueue::push(std::unique_ptr<PendingJob> job) {
  const int count = job->job.count;
  const int before = waiting(job->job.model->name);
  if (before > 0 && before + count > options_.max_queue) return Pushed::refused;
  Queue& queue = queue_for(*job);
  const auto ready_before = queue.jobs.empty() ? Clock::time_point::max() : ready_time(queue);
  queue.images += count;
  queue.first_deadline = std::min(queue.first_deadline, job->job.cancellation.deadline);
  queue.jobs.push_back(std::move(job));
  return ready_time(queue) < ready_before ? Pushed::changed : Pushed::waits;
}

int BatchQueue::waiting(const std::string& model) const {
  int count = 0;
  for (const Queue& queue : queues_) {
    if (queue.model->name == model) count += queue.images;
  }
  return count;
}

Clock::time_point BatchQueue::ready_time(const Queue& queue) const {
  const PendingJob& front = *queue.jobs.front();
  if (queue.kind == Kind::tasks || queue.images >= options_.max_batch || front.taken > 0) {
    return Clock::time_point::min();
  }
  return std::min(front.arrived + options_.max_wait, last_start(queue));
}

Clock::time_point BatchQueue::last_start(const Queue& queue) {
  constexpr std::chrono::milliseconds kReply{5};  // to wake up, and to encode and send
  const std::chrono::duration<double> compute(queue.model->batch_seconds);
  return queue.first_deadline - kReply - std::chrono::duration_cast<Clock::duration>(compute);
}

Clock::time_point BatchQueue::ready_time() const {
  auto time = Clock::time_point::max();
  for (const Queue& queue : queues_) time = std::min(time, ready_time(queue));
  return time;
}

std::optional<Batch> BatchQueue::pop(Clock::time_point now) {
  const auto found =
      std::ranges::find_if(queues_, [&](const Queue& queue) { return ready_time(queue) <= now; });
  if (found == queues_.end()) return std::nullopt;
  Batch batch = take_batch(*found, now);
  if (found->jobs.empty()) {
    queues_.erase(found);
  } else {
    found->first_deadline = Clock::time_point::max();
    for (const auto& job : found->jobs) {
      found->first_deadline = std::min(found->first_deadline, job->job.cancellation.deadline);
    }
    queues_.splice(queues_.end(), queues_, found);
  }
  return batch;
}

Batch BatchQueue::take_batch(Queue& queue, Clock::time_point now) const {
  const int limit = queue.kind == Kind::tasks ? 1 : options_.max_batch;
  Batch batch{.model = queue.model, .parts = {}, .complete = {}, .cancelled = {}};
  while (batch.images < limit && !queue.jobs.empty()) {
    std::unique_ptr<PendingJob> front = std::move(queue.jobs.front());
    queue.jobs.pop_front();
    const int left = front->job.count - front->taken;
    if (front->taken == 0) {
      front->result.queue_seconds = to_seconds(now - front->arrived);
    }
    if (front->job.cancellation.requested(now)) {
      queue.images -= left;
      batch.cancelled.push_back(std::move(front));
      continue;
    }
    const int count = std::min(limit - batch.images, left);
    batch.parts.push_back({.job = front.get(), .first = front->taken, .count = count});
    front->taken += count;
    batch.images += count;
    queue.images -= count;
    if (count == left) {
      batch.complete.push_back(std::move(front));
    } else {
      queue.jobs.push_back(std::move(front));
    }
  }
  return batch;
}

}  // namespace alexnet::serve
