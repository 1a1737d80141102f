#include "serve/batching/workers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace alexnet::serve {
namespace {

// Two large tasks are in progress, two wait, and a small one came last.
TEST(WorkerThreads, OneThreadPrefersSmallTasks) {
  std::promise<void> start;
  std::promise<void> small;
  std::promise<void> end;
  const auto wait = [](std::promise<void>& promise) {
    return [until = promise.get_future().share()] { until.wait(); };
  };
  Workers workers(2, 10);
  const auto held = wait(start);
  const auto large = wait(end);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(workers.post(held, TaskSize::large));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(workers.post(large, TaskSize::large));
  EXPECT_TRUE(workers.post([&] { small.set_value(); }, TaskSize::small));
  start.set_value();
  EXPECT_EQ(small.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  end.set_value();
}

}  // namespace
}  // namespace alexnet::serve
