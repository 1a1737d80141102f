// The threads of teams: the same again and again, all or none.
#include "core/crew.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "core/each_wait.h"
#include "core/threads.h"
#include "support/expect_error.h"
#include "support/process_threads.h"

namespace alexnet::parallel {
namespace {

using testing::Each;
using testing::SizeIs;

class Crews : public EachWait {};

std::set<std::thread::id> members() {
  std::vector<std::thread::id> ids(team_size());
  with_team([&](const Team& team) { ids[team.index()] = std::this_thread::get_id(); });
  return {ids.begin(), ids.end()};
}

TEST_P(Crews, KeepTheirThreads) {
  const ThreadTeam size(3);
  const auto first = members();
  EXPECT_THAT(first, SizeIs(3));
  EXPECT_EQ(members(), first);
  {
    const ThreadTeam fewer(2);
    EXPECT_THAT(members(), SizeIs(2));
  }
  EXPECT_THAT(members(), SizeIs(3));
}

TEST_P(Crews, OfEveryThreadAreItsOwn) {
  const ThreadTeam size(2);
  const auto mine = members();
  std::thread([&] {
    const ThreadTeam other_size(2);
    const auto others = members();
    EXPECT_THAT(others, SizeIs(2));
    EXPECT_TRUE(std::ranges::none_of(others, [&](auto id) { return mine.contains(id); }));
  }).join();
}

TEST_P(Crews, ATeamWithinATeamIsOneThread) {
  const ThreadTeam size(2);
  std::vector<std::size_t> sizes(2);
  with_team([&](const Team& outer) {
    with_team([&](const Team& inner) { sizes[outer.index()] = inner.size(); });
  });
  EXPECT_THAT(sizes, Each(1));
}

/// As long as it lives, this process can start two threads more: no third stack fits its memory.
class TwoThreadsLimit {
 public:
  TwoThreadsLimit() {
    constexpr std::size_t kStack = std::size_t{64} << 20;
    pthread_getattr_default_np(&stacks_before_);
    pthread_attr_t stacks;
    pthread_attr_init(&stacks);
    pthread_attr_setstacksize(&stacks, kStack);
    pthread_setattr_default_np(&stacks);
    pthread_attr_destroy(&stacks);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const std::size_t used = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    getrlimit(RLIMIT_AS, &memory_before_);
    const rlimit memory{.rlim_cur = used + 5 * kStack / 2, .rlim_max = memory_before_.rlim_max};
    setrlimit(RLIMIT_AS, &memory);
  }
  ~TwoThreadsLimit() {
    setrlimit(RLIMIT_AS, &memory_before_);
    pthread_setattr_default_np(&stacks_before_);
    pthread_attr_destroy(&stacks_before_);
  }
  TwoThreadsLimit(const TwoThreadsLimit&) = delete;
  TwoThreadsLimit& operator=(const TwoThreadsLimit&) = delete;

 private:
  pthread_attr_t stacks_before_{};
  rlimit memory_before_{};
};

TEST_P(Crews, OfWhichSomeCannotBeStartedAreNone) {
  constexpr int kTooMany = 8;
  for (int threads = 2; threads <= kTooMany; ++threads) {
    {
      const ThreadTeam size(kTooMany);
      const TwoThreadsLimit limit;
      EXPECT_ERROR(members(), "cannot start 7 threads", "--threads");
    }
    const ThreadTeam size(threads);
    std::vector<std::size_t> sizes(team_size());
    with_team([&](const Team& team) { sizes[team.index()] = team.size(); });
    EXPECT_THAT(sizes, Each(threads));
  }
}

ALEXNET_WITH_EACH_WAIT(Crews);

// Under a limit of OpenMP's the team may be of one thread.
TEST(OpenMpsTeam, TakesEveryElementOnceAndIsNoSecondPool) {
  std::thread([] {
    const ThreadTeam size(2, Pool::openmp);
#pragma omp parallel
    static_cast<void>(omp_get_thread_num());
    const auto before = test::process_threads();
    std::vector<int> taken(1000);
    with_team([&](const Team& team) {
      for (int loop = 0; loop < 10; ++loop) {
        team.each(taken.size(), 1, [&](Range part) {
          for (std::size_t i = part.begin; i < part.end; ++i) ++taken[i];
        });
        team.barrier();
      }
      with_team([](const Team& inner) { EXPECT_EQ(inner.size(), 1); });
    });
    EXPECT_THAT(taken, Each(10));
    EXPECT_EQ(test::process_threads(), before);
  }).join();
}

}  // namespace
}  // namespace alexnet::parallel
