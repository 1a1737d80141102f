#include "serve/batching/executor.h"

#include <alexnet/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <utility>

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

std::size_t bytes_per_image(const ServedModel& model, InputKind kind) {
  return model.image_size() * (kind == InputKind::floats ? sizeof(float) : 1);
}

template <class Value>
bool is_aligned(const std::byte* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % alignof(Value) == 0;
}

Images view(const ServedModel& model, InputKind kind, const std::byte* memory, int count) {
  const Architecture& net = model.model.architecture;
  Images images;
  images.count = count;
  images.channels = net.in_channels;
  images.height = net.height;
  images.width = net.width;
  const std::size_t values = model.image_size() * static_cast<std::size_t>(count);
  if (kind == InputKind::floats) {
    images.floats = {reinterpret_cast<const float*>(memory), values};
  } else {
    images.bytes = {reinterpret_cast<const std::uint8_t*>(memory), values};
  }
  return images;
}

void append(std::vector<float>& values, const TensorView& rows, int first, int count) {
  const auto width = static_cast<std::size_t>(rows.shape[1]);
  const auto part = rows.values.subspan(static_cast<std::size_t>(first) * width,
                                        static_cast<std::size_t>(count) * width);
  values.insert(values.end(), part.begin(), part.end());
}

}  // namespace

Executor::Executor(const ExecutorOptions& options, std::function<void(const BatchRecord&)> record)
    : record_(std::move(record)), queue_(options) {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void Executor::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::scoped_lock lock(mutex_);
  urgent_.clear();  // who waits for them learns that they are gone
}

bool Executor::submit(Job job) {
  auto pending = std::make_unique<PendingJob>();
  pending->job = std::move(job);
  return enqueue(std::move(pending));
}

bool Executor::submit(Task task) {
  auto pending = std::make_unique<PendingJob>();
  pending->job.model = std::move(task.model);
  pending->job.count = 1;
  pending->job.cancellation = std::move(task.cancellation);
  pending->task = std::move(task.run);
  pending->cancelled = std::move(task.cancelled);
  return enqueue(std::move(pending));
}

bool Executor::enqueue(std::unique_ptr<PendingJob> job) {
  auto pushed = BatchQueue::Pushed::refused;
  {
    const std::scoped_lock lock(mutex_);
    job->arrived = Clock::now();
    pushed = queue_.push(std::move(job));
  }
  if (pushed == BatchQueue::Pushed::changed) wake_.notify_one();
  return pushed != BatchQueue::Pushed::refused;
}

int Executor::waiting(const std::string& model) const {
  const std::scoped_lock lock(mutex_);
  return queue_.waiting(model);
}

void Executor::run_first(const std::function<void()>& task) {
  auto packaged = std::make_shared<std::packaged_task<void()>>(task);
  auto result = packaged->get_future();
  {
    const std::scoped_lock lock(mutex_);
    if (thread_.get_stop_token().stop_requested()) throw unavailable("the server is shutting down");
    urgent_.emplace_back([packaged = std::move(packaged)] { (*packaged)(); });
  }
  wake_.notify_one();
  result.get();
}

void Executor::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!urgent_.empty()) {
      run_urgent(lock);
    } else if (auto batch = queue_.pop(Clock::now())) {
      lock.unlock();
      run(*batch);
      batch.reset();  // may destroy a model that was replaced
      lock.lock();
    } else if (queue_.empty()) {
      wake_.wait(lock, stop, [&] { return !queue_.empty() || !urgent_.empty(); });
    } else {
      wake_.wait_until(lock, stop, queue_.ready_time(),
                       [&] { return !urgent_.empty() || queue_.ready_time() <= Clock::now(); });
    }
  }
}

void Executor::run_urgent(std::unique_lock<std::mutex>& lock) {
  const auto task = std::move(urgent_.front());
  urgent_.pop_front();
  lock.unlock();
  task();
  lock.lock();
}

void Executor::run(Batch& batch) {
  for (const auto& pending : batch.cancelled) {
    if (pending->task) {
      pending->cancelled();
    } else {
      pending->result.error = std::make_exception_ptr(
          Problem(504, "the deadline passed before the images could be computed"));
      pending->job.done(std::move(pending->result));
    }
  }
  if (batch.parts.empty()) return;
  if (batch.is_task()) {
    batch.complete.front()->task();
  } else {
    run_images(batch);
  }
}

void Executor::run_images(Batch& batch) {
  try {
    compute(batch);
  } catch (const std::exception& error) {  // a fault here: the images were checked before
    for (const BatchPart& part : batch.parts) {
      part.job->result.error = std::make_exception_ptr(Error(error.what(), ErrorKind::internal));
    }
  }
  for (const auto& pending : batch.complete) pending->job.done(std::move(pending->result));
}

void Executor::compute(Batch& batch) {
  const auto begin = Clock::now();
  const Outputs outputs = batch.model->plan->run(assemble(batch));
  const double time = to_seconds(Clock::now() - begin);
  constexpr double kForget = 0.9;  // a batch that took unusually long
  batch.model->batch_seconds = std::max(time, kForget * batch.model->batch_seconds);
  int row = 0;
  for (const BatchPart& part : batch.parts) {
    JobResult& result = part.job->result;
    append(result.log_probabilities, outputs.log_probabilities, row, part.count);
    append(result.logits, outputs.logits, row, part.count);
    result.compute_seconds += time;
    row += part.count;
  }
  record_({.model = batch.model->name, .images = batch.images, .seconds = time});
}

// The images without a copy where they are contiguous and aligned, else copied together.
Images Executor::assemble(const Batch& batch) {
  const BatchPart& first = batch.parts.front();
  const InputKind kind = first.job->job.kind;
  const std::size_t size = bytes_per_image(*batch.model, kind);
  const auto begin = [&](const BatchPart& part) {
    return part.job->job.images.data() + static_cast<std::size_t>(part.first) * size;
  };
  if (batch.parts.size() == 1 && (kind == InputKind::bytes || is_aligned<float>(begin(first)))) {
    return view(*batch.model, kind, begin(first), first.count);
  }
  const std::size_t needed = static_cast<std::size_t>(batch.images) * size;
  if (staging_.size() * sizeof(float) < needed) staging_.resize(needed / sizeof(float) + 1);
  auto* target = reinterpret_cast<std::byte*>(staging_.data());
  for (const BatchPart& part : batch.parts) {
    const std::size_t bytes = static_cast<std::size_t>(part.count) * size;
    std::memcpy(target, begin(part), bytes);
    target += bytes;
  }
  return view(*batch.model, kind, reinterpret_cast<const std::byte*>(staging_.data()),
              batch.images);
}

}  // namespace alexnet::serve
