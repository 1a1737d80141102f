#include "serve/batching/batch_queue.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::shared_ptr<ServedModel> named(const char* name) {
  auto model = std::make_shared<ServedModel>();
  model->name = name;
  return model;
}

// Jobs arrive at time 0 and have a deadline at 1 h; nothing here depends on the clock.
class BatchQueues : public testing::Test {
 protected:
  std::unique_ptr<PendingJob> job(int count, InputKind kind = InputKind::bytes) const {
    auto pending = std::make_unique<PendingJob>();
    pending->job.model = model_;
    pending->job.kind = kind;
    pending->job.count = count;
    pending->job.cancellation.deadline = at(1h);
    return pending;
  }

  static Clock::time_point at(Clock::duration time) { return Clock::time_point() + time; }

  std::vector<int> pop_all(Clock::duration now) {
    std::vector<int> images;
    while (const auto batch = queue_.pop(at(now))) images.push_back(batch->images);
    return images;
  }

  std::shared_ptr<ServedModel> model_ = named("a");
  BatchQueue queue_{{.max_batch = 4, .max_wait = 10ms, .max_queue = 20}};
};

TEST_F(BatchQueues, ABatchIsReadyWhenItIsFullOrHasWaited) {
  EXPECT_EQ(queue_.ready_time(), Clock::time_point::max());
  EXPECT_EQ(queue_.push(job(1)), BatchQueue::Pushed::changed);
  EXPECT_EQ(queue_.push(job(1)), BatchQueue::Pushed::waits);
  EXPECT_EQ(queue_.ready_time(), at(10ms));
  EXPECT_FALSE(queue_.pop(at(9ms)));
  EXPECT_EQ(queue_.push(job(2)), BatchQueue::Pushed::changed);
  EXPECT_THAT(pop_all(9ms), ElementsAre(4));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(BatchQueues, ABatchStartsInTimeForItsFirstDeadline) {
  model_->batch_seconds = 0.001;
  auto soon = job(1);
  soon->job.cancellation.deadline = at(9ms);
  queue_.push(job(1));
  EXPECT_EQ(queue_.ready_time(), at(10ms));
  EXPECT_EQ(queue_.push(std::move(soon)), BatchQueue::Pushed::changed);
  EXPECT_EQ(queue_.ready_time(), at(3ms));  // 1 ms to compute, 5 ms to reply
  EXPECT_FALSE(queue_.pop(at(2ms)));
  EXPECT_THAT(pop_all(3ms), ElementsAre(2));
  queue_.push(job(1));
  EXPECT_EQ(queue_.ready_time(), at(10ms));
}

// What is left of a job keeps its deadline, what is done does not.
TEST_F(BatchQueues, ADeadlineGoesWithItsJob) {
  auto soon = job(2);
  soon->job.cancellation.deadline = at(7ms);
  queue_.push(std::move(soon));
  queue_.push(job(3));
  ASSERT_TRUE(queue_.pop(at(0ms)));
  EXPECT_EQ(queue_.ready_time(), Clock::time_point::min());  // a part of a job waits for nothing
  ASSERT_TRUE(queue_.pop(at(0ms)));
  queue_.push(job(1));
  EXPECT_EQ(queue_.ready_time(), at(10ms));
}

TEST_F(BatchQueues, AJobOfSeveralBatchesLetsOthersPass) {
  queue_.push(job(6));
  queue_.push(job(1));
  EXPECT_EQ(queue_.waiting("a"), 7);
  const auto first = queue_.pop(at(0ms));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->images, 4);
  EXPECT_TRUE(first->complete.empty());
  const auto second = queue_.pop(at(10ms));
  ASSERT_TRUE(second);
  EXPECT_THAT(second->parts, ElementsAre(testing::Field(&BatchPart::count, 1),
                                         testing::Field(&BatchPart::first, 4)));
  EXPECT_EQ(second->complete.size(), 2U);
}

TEST_F(BatchQueues, BytesAndFloatsAreNotMixed) {
  queue_.push(job(1));
  queue_.push(job(2, InputKind::floats));
  EXPECT_THAT(pop_all(10ms), ElementsAre(1, 2));
}

TEST_F(BatchQueues, ACancelledJobTakesNoPlace) {
  auto late = job(3);
  late->job.cancellation.deadline = at(5ms);
  queue_.push(std::move(late));
  queue_.push(job(4));
  const auto batch = queue_.pop(at(6ms));
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->cancelled.size(), 1U);
  EXPECT_EQ(batch->images, 4);
  EXPECT_EQ(queue_.waiting("a"), 0);
}

TEST_F(BatchQueues, TheLimitIsOfOneModel) {
  EXPECT_EQ(queue_.push(job(30)), BatchQueue::Pushed::changed);  // it was empty
  EXPECT_EQ(queue_.push(job(1)), BatchQueue::Pushed::refused);
  EXPECT_EQ(queue_.push(job(1, InputKind::floats)), BatchQueue::Pushed::refused);
  model_ = named("b");
  EXPECT_EQ(queue_.push(job(1)), BatchQueue::Pushed::changed);
}

}  // namespace
}  // namespace alexnet::serve
