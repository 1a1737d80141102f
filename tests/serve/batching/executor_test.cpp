#include "serve/batching/executor.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <mutex>

#include "serve/http/problem.h"
#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;

// An executor, a record of its batches, and two models.
class Batching : public testing::Test {
 protected:
  void start(const ExecutorOptions& options) {
    executor_ = std::make_unique<Executor>(options, [this](const BatchRecord& batch) {
      const std::lock_guard lock(mutex_);
      batches_.push_back(batch.images);
      order_ += batch.model;
    });
    for (const char* name : {"a", "b"}) {
      executor_->run_first([&] {
        models_.push_back(make_served_model(name, "memory", test::small_model(),
                                            {{.max_batch = options.max_batch, .threads = 1}}, {}));
      });
    }
  }

  Job job(int count, std::size_t model = 0) {
    const auto pixels = std::make_shared<std::vector<std::uint8_t>>();
    for (int i = 0; i < count; ++i) {
      const Image image = test::small_image(i);
      pixels->insert(pixels->end(), image.pixels.begin(), image.pixels.end());
    }
    return {.model = models_[model],
            .kind = InputKind::bytes,
            .count = count,
            .images = std::as_bytes(std::span(*pixels)),
            .owner = pixels,
            .cancellation = {.deadline = Clock::now() + 10s, .disconnected = nullptr}};
  }

  // 200, or the status of the problem.
  static int status(const JobResult& result) {
    if (!result.error) return 200;
    try {
      std::rethrow_exception(result.error);
    } catch (...) {
      return response_of_exception().status;
    }
  }

  std::future<JobResult> submit(Job job) {
    auto promise = std::make_shared<std::promise<JobResult>>();
    job.done = [promise](JobResult result) { promise->set_value(std::move(result)); };
    EXPECT_TRUE(executor_->submit(std::move(job)));
    return promise->get_future();
  }

  // Blocks the executor's thread until `work` returns.
  void while_busy(const std::function<void()>& work) {
    std::promise<void> begun;
    std::promise<void> end;
    std::thread holder([&] {
      executor_->run_first([&] {
        begun.set_value();
        end.get_future().wait();
      });
    });
    begun.get_future().wait();
    work();
    end.set_value();
    holder.join();
  }

  std::vector<int> batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  std::vector<std::shared_ptr<ServedModel>> models_;
  std::mutex mutex_;
  std::vector<int> batches_;
  std::string order_;
  std::unique_ptr<Executor> executor_;
};

TEST_F(Batching, ConcurrentJobsShareABatch) {
  start({.max_batch = 8, .max_wait = 1h});
  std::vector<std::future<JobResult>> results;
  for (const int count : {1, 3, 4}) results.push_back(submit(job(count)));
  for (auto& result : results) EXPECT_EQ(status(result.get()), 200);
  EXPECT_THAT(batches(), ElementsAre(8));  // at once, as it is full
}

TEST_F(Batching, AJobAloneWaitsUntilMaxWait) {
  start({.max_batch = 8, .max_wait = 20ms});
  const JobResult result = submit(job(1)).get();
  EXPECT_GE(result.queue_seconds, 0.02);
  EXPECT_THAT(batches(), ElementsAre(1));
}

TEST_F(Batching, AnswersAreThoseOfTheImagesAlone) {
  start({.max_batch = 4, .max_wait = 0us});
  const auto classes = static_cast<std::size_t>(models_[0]->classes());
  std::vector<std::future<JobResult>> results;
  while_busy([&] {
    for (int i = 0; i < 7; ++i) results.push_back(submit(job(i + 1)));
  });
  const JobResult all = submit(job(7)).get();
  for (std::size_t i = 0; i < 7; ++i) {
    const JobResult result = results[i].get();
    ASSERT_EQ(result.log_probabilities.size(), (i + 1) * classes);
    for (std::size_t k = 0; k < result.log_probabilities.size(); ++k) {
      ASSERT_NEAR(result.log_probabilities[k], all.log_probabilities[k], 1e-4) << i << ' ' << k;
      ASSERT_NEAR(result.logits[k], all.logits[k], 1e-4);
    }
  }
}

TEST_F(Batching, FloatsAndBytesOfOneImageAgree) {
  start({.max_batch = 4, .max_wait = 0us});
  const Image image = test::small_image(3);
  const auto floats = std::make_shared<std::vector<float>>();
  for (const std::uint8_t byte : image.pixels) {
    floats->push_back((static_cast<float>(byte) / 255.0F - 0.5F) / 0.25F);
  }
  Job raw = job(1);
  raw.kind = InputKind::floats;
  raw.images = std::as_bytes(std::span(*floats));
  raw.owner = floats;
  Job bytes = job(4);
  bytes.images = bytes.images.subspan(3 * image.pixels.size());
  bytes.count = 1;
  const auto a = submit(std::move(raw)).get();
  const auto b = submit(std::move(bytes)).get();
  ASSERT_EQ(a.logits.size(), 10U);
  ASSERT_EQ(b.logits.size(), 10U);
  for (std::size_t i = 0; i < a.logits.size(); ++i) EXPECT_NEAR(a.logits[i], b.logits[i], 1e-4);
}

TEST_F(Batching, AJobLargerThanABatchDoesNotBlockOthers) {
  start({.max_batch = 4, .max_wait = 0us});
  std::vector<std::future<JobResult>> results;
  std::atomic<int> finished{0};
  int large_finished = 0;
  while_busy([&] {
    Job large = job(20);
    large.done = [&](const JobResult& /*result*/) {
      large_finished = finished + 1;
      ++finished;  // after which the other may be read
    };
    EXPECT_TRUE(executor_->submit(std::move(large)));
    for (int i = 0; i < 3; ++i) {
      Job small = job(1);
      small.done = [&](const JobResult& /*result*/) { ++finished; };
      EXPECT_TRUE(executor_->submit(std::move(small)));
    }
  });
  while (finished < 4) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(large_finished, 4);
}

TEST_F(Batching, ModelsTakeTurns) {
  start({.max_batch = 2, .max_wait = 0us});
  std::vector<std::future<JobResult>> results;
  while_busy([&] {
    for (int i = 0; i < 10; ++i) results.push_back(submit(job(2, 0)));
    results.push_back(submit(job(2, 1)));
    results.push_back(submit(job(2, 1)));
  });
  for (auto& result : results) result.get();
  executor_->stop();
  EXPECT_EQ(order_.substr(0, 5), "ababa");
}

TEST_F(Batching, AFullQueueRefuses) {
  start({.max_batch = 4, .max_wait = 0us, .max_queue = 5});
  std::vector<std::future<JobResult>> results;
  while_busy([&] {
    results.push_back(submit(job(5)));
    Job refused = job(1);
    refused.done = [](const JobResult& /*result*/) { FAIL(); };
    EXPECT_FALSE(executor_->submit(std::move(refused)));
    results.push_back(submit(job(9, 1)));  // of another model, whose queue is empty
    EXPECT_EQ(executor_->waiting("a"), 5);
    EXPECT_EQ(executor_->waiting("b"), 9);
  });
  for (auto& result : results) EXPECT_EQ(status(result.get()), 200);
  EXPECT_EQ(executor_->waiting("a"), 0);
}

TEST_F(Batching, APassedDeadlineIsNotComputed) {
  start({.max_batch = 4, .max_wait = 0us});
  std::future<JobResult> late;
  std::atomic<bool> expired{false};
  while_busy([&] {
    Job job_late = job(2);
    job_late.cancellation.deadline = Clock::now() - 1ms;
    late = submit(std::move(job_late));
    const Cancellation cancellation{.deadline = Clock::now() - 1ms, .disconnected = nullptr};
    EXPECT_TRUE(executor_->submit(Task{.model = models_[0],
                                       .cancellation = cancellation,
                                       .run = [] { FAIL(); },
                                       .cancelled = [&] { expired = true; }}));
    std::this_thread::sleep_for(5ms);
  });
  const JobResult result = late.get();
  EXPECT_EQ(status(result), 504);
  EXPECT_GE(result.queue_seconds, 0.005);
  EXPECT_EQ(status(submit(job(1)).get()), 200);
  EXPECT_TRUE(expired);
  EXPECT_THAT(batches(), ElementsAre(1));
}

TEST_F(Batching, NothingIsComputedForADisconnectedClient) {
  start({.max_batch = 4, .max_wait = 0us});
  std::future<JobResult> result;
  while_busy([&] {
    Job job_lost = job(1);
    const auto disconnected = std::make_shared<std::atomic<bool>>(false);
    job_lost.cancellation.disconnected = disconnected;
    result = submit(std::move(job_lost));
    *disconnected = true;
  });
  EXPECT_EQ(status(result.get()), 504);
  EXPECT_TRUE(batches().empty());
}

TEST_F(Batching, RunFirstThrowsWhatItsTaskThrows) {
  start({.max_batch = 4, .max_wait = 0us});
  EXPECT_THROW(executor_->run_first([] { throw Error("no"); }), Error);
  EXPECT_EQ(status(submit(job(1)).get()), 200);
}

}  // namespace
}  // namespace alexnet::serve
