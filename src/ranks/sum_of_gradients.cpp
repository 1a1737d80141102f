#include "ranks/sum_of_gradients.h"

#include "core/threads.h"

namespace alexnet {
namespace {

std::size_t floats(const std::vector<std::span<const float>>& pieces) {
  std::size_t sum = 0;
  for (const std::span<const float> piece : pieces) sum += piece.size();
  return sum;
}

}  // namespace

SumOfGradients::SumOfGradients(Communicator& ranks, int parts, std::size_t floats, int threads)
    : own_(parts_of_rank(ranks, parts)),
      parts_(parts),
      half_(floats / 2),
      threads_(threads),
      sending_(ranks.for_another_thread()),
      ranks_(sending_ ? *sending_ : ranks) {
  if (sending_) background_.emplace();
}

void SumOfGradients::begin_part(int part) {
  next_ = 0;
  is_last_ = part + 1 == own_.end;
}

void SumOfGradients::add(std::span<const float> gradient) {
  open_.push_back(gradient);
  if (next_ == 0 && floats(open_) >= half_) close_bucket();
}

void SumOfGradients::end_part() {
  if (!open_.empty()) close_bucket();
}

void SumOfGradients::close_bucket() {
  if (next_ == buckets_.size()) buckets_.push_back(std::make_shared<Bucket>(ranks_, parts_));
  const std::shared_ptr<Bucket>& bucket = buckets_[next_++];
  {
    const ThreadTeam team(threads_);
    bucket->sum.add(open_);
  }
  bucket->gradients = open_.size();
  open_.clear();
  if (is_last_) add_up(bucket);
}

// Beside the computing threads by one.
void SumOfGradients::add_up(const std::shared_ptr<Bucket>& bucket) {
  if (!background_) return;
  background_->add([bucket] {
    const ThreadTeam team(1);
    bucket->sum.add_up();
  });
}

void SumOfGradients::finish(const std::vector<std::span<float>>& sums) {
  const ThreadTeam team(threads_);
  if (background_) background_->wait();
  auto begin = sums.begin();
  for (const std::shared_ptr<Bucket>& bucket : buckets_) {
    if (!background_) bucket->sum.add_up();
    const auto end = begin + static_cast<std::ptrdiff_t>(bucket->gradients);
    bucket->sum.take({begin, end});
    begin = end;
  }
}

}  // namespace alexnet
