#include "serve/executor.h"

#include <alexnet/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <utility>

namespace alexnet::serve {
namespace {

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

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
    : options_(options), record_(std::move(record)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void Executor::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool Executor::submit(Job job) {
  auto waiting = std::make_unique<Waiting>();
  const LaneKind kind = job.kind == InputKind::bytes ? LaneKind::bytes : LaneKind::floats;
  waiting->job = std::move(job);
  return enqueue(kind, std::move(waiting));
}

bool Executor::submit(std::shared_ptr<ServedModel> model, Patience patience,
                      std::function<void()> task, std::function<void()> expired) {
  auto waiting = std::make_unique<Waiting>();
  waiting->job.model = std::move(model);
  waiting->job.count = 1;
  waiting->job.patience = std::move(patience);
  waiting->task = std::move(task);
  waiting->expired = std::move(expired);
  return enqueue(LaneKind::tasks, std::move(waiting));
}

bool Executor::enqueue(LaneKind kind, std::unique_ptr<Waiting> waiting) {
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    const int count = waiting->job.count;
    const int before = waiting_locked(waiting->job.model->name);
    if (before > 0 && before + count > options_.max_queue) return false;
    waiting->arrived = Clock::now();
    Lane& line = lane(waiting->job.model, kind);
    line.images += count;
    line.line.push_back(std::move(waiting));
    news = line.line.size() == 1 || line.images >= options_.max_batch;
  }
  if (news) wake_.notify_one();
  return true;
}

Executor::Lane& Executor::lane(const std::shared_ptr<ServedModel>& model, LaneKind kind) {
  const auto found = std::ranges::find_if(
      lanes_, [&](const Lane& lane) { return lane.model == model && lane.kind == kind; });
  if (found != lanes_.end()) return *found;
  return lanes_.emplace_back(Lane{.model = model, .kind = kind, .line = {}, .images = 0});
}

int Executor::waiting(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  return waiting_locked(model);
}

int Executor::waiting_locked(const std::string& model) const {
  int count = 0;
  for (const Lane& lane : lanes_) {
    if (lane.model->name == model) count += lane.images;
  }
  return count;
}

void Executor::run_first(const std::function<void()>& task) {
  std::packaged_task<void()> packaged(task);
  auto result = packaged.get_future();
  {
    const std::lock_guard lock(mutex_);
    urgent_.emplace_back([&packaged] { packaged(); });
  }
  wake_.notify_one();
  result.get();
}

Clock::time_point Executor::ready_time(const Lane& lane) const {
  const Waiting& front = *lane.line.front();
  if (lane.kind == LaneKind::tasks || lane.images >= options_.max_batch || front.taken > 0) {
    return Clock::time_point::min();
  }
  return front.arrived + options_.max_wait;
}

// The first lane that is ready, moved behind the others.
std::optional<Executor::Batch> Executor::next_batch() {
  const auto now = Clock::now();
  const auto found =
      std::ranges::find_if(lanes_, [&](const Lane& lane) { return ready_time(lane) <= now; });
  if (found == lanes_.end()) return std::nullopt;
  Batch batch = take_batch(*found);
  if (found->line.empty()) {
    lanes_.erase(found);
  } else {
    lanes_.splice(lanes_.end(), lanes_, found);
  }
  return batch;
}

Executor::Batch Executor::take_batch(Lane& lane) {
  const int limit = lane.kind == LaneKind::tasks ? 1 : options_.max_batch;
  const auto now = Clock::now();
  Batch batch{.model = lane.model, .kind = lane.kind, .parts = {}, .complete = {}, .expired = {}};
  while (batch.images < limit && !lane.line.empty()) {
    std::unique_ptr<Waiting> front = std::move(lane.line.front());
    lane.line.pop_front();
    const int left = front->job.count - front->taken;
    if (front->taken == 0) front->result.queue_seconds = seconds(now - front->arrived);
    if (front->job.patience.over(now)) {
      lane.images -= left;
      batch.expired.push_back(std::move(front));
      continue;
    }
    const int count = std::min(limit - batch.images, left);
    batch.parts.push_back({.waiting = front.get(), .first = front->taken, .count = count});
    front->taken += count;
    batch.images += count;
    lane.images -= count;
    if (count == left) {
      batch.complete.push_back(std::move(front));
    } else {
      lane.line.push_back(std::move(front));
    }
  }
  return batch;
}

void Executor::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!urgent_.empty()) {
      run_urgent(lock);
    } else if (auto batch = next_batch()) {
      lock.unlock();
      run(*batch);
      batch.reset();  // the last of a replaced model may go here
      lock.lock();
    } else if (lanes_.empty()) {
      wake_.wait(lock, stop, [&] { return !lanes_.empty() || !urgent_.empty(); });
    } else {
      wake_.wait_until(lock, stop, soonest(),
                       [&] { return !urgent_.empty() || soonest() <= Clock::now(); });
    }
  }
}

Clock::time_point Executor::soonest() const {
  auto time = Clock::time_point::max();
  for (const Lane& lane : lanes_) time = std::min(time, ready_time(lane));
  return time;
}

void Executor::run_urgent(std::unique_lock<std::mutex>& lock) {
  const auto task = std::move(urgent_.front());
  urgent_.pop_front();
  lock.unlock();
  task();
  lock.lock();
}

void Executor::run(Batch& batch) {
  for (const auto& waiting : batch.expired) {
    if (waiting->expired) {
      waiting->expired();
    } else {
      waiting->result.status = 504;
      waiting->result.error = "the deadline passed before the images could be computed";
      waiting->job.done(std::move(waiting->result));
    }
  }
  if (batch.parts.empty()) return;
  if (batch.kind == LaneKind::tasks) {
    batch.complete.front()->task();
  } else {
    run_images(batch);
  }
}

void Executor::run_images(Batch& batch) {
  try {
    compute(batch);
  } catch (const std::exception& error) {
    for (const Part& part : batch.parts) {
      part.waiting->result.status = 500;
      part.waiting->result.error = error.what();
    }
  }
  for (const auto& waiting : batch.complete) waiting->job.done(std::move(waiting->result));
}

void Executor::compute(Batch& batch) {
  const auto begin = Clock::now();
  const Outputs outputs = batch.model->plan->run(assemble(batch));
  const double time = seconds(Clock::now() - begin);
  int row = 0;
  for (const Part& part : batch.parts) {
    JobResult& result = part.waiting->result;
    append(result.log_probabilities, outputs.log_probabilities, row, part.count);
    append(result.logits, outputs.logits, row, part.count);
    result.compute_seconds += time;
    row += part.count;
  }
  record_({.model = batch.model->name, .images = batch.images, .seconds = time});
}

// The images where they lie, if they lie together; else copied together.
Images Executor::assemble(const Batch& batch) {
  const Part& first = batch.parts.front();
  const InputKind kind = first.waiting->job.kind;
  const std::size_t size = bytes_per_image(*batch.model, kind);
  const auto begin = [&](const Part& part) {
    return part.waiting->job.images.data() + static_cast<std::size_t>(part.first) * size;
  };
  if (batch.parts.size() == 1 && (kind == InputKind::bytes || is_aligned<float>(begin(first)))) {
    return view(*batch.model, kind, begin(first), first.count);
  }
  const std::size_t needed = static_cast<std::size_t>(batch.images) * size;
  if (staging_.size() * sizeof(float) < needed) staging_.resize(needed / sizeof(float) + 1);
  auto* target = reinterpret_cast<std::byte*>(staging_.data());
  for (const Part& part : batch.parts) {
    const std::size_t bytes = static_cast<std::size_t>(part.count) * size;
    std::memcpy(target, begin(part), bytes);
    target += bytes;
  }
  return view(*batch.model, kind, reinterpret_cast<const std::byte*>(staging_.data()),
              batch.images);
}

}  // namespace alexnet::serve
