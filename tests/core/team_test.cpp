// Loops by teams: every element once, whoever is late.
#include "core/team.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "core/crew.h"
#include "core/each_wait.h"
#include "core/threads.h"

namespace alexnet::parallel {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Teams : public EachWait {};

TEST_P(Teams, TakeEveryElementOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    const ThreadTeam size(threads);
    for (const std::size_t count : {0U, 1U, 2U, 7U, 100U, 10007U}) {
      for (const std::size_t grain : {1U, 3U, 16U, 20000U}) {
        std::vector<int> taken(count);
        each(count, grain, [&](Range part) {
          EXPECT_EQ(part.begin % grain, 0);
          for (std::size_t i = part.begin; i < part.end; ++i) ++taken[i];
        });
        EXPECT_THAT(taken, Each(1)) << threads << " threads, grain " << grain;
        with_team([&](const Team& team) {
          team.each_evenly(count, grain, [&](Range part) {
            EXPECT_LE(part.size(), grain);
            for (std::size_t i = part.begin; i < part.end; ++i) ++taken[i];
          });
        });
        EXPECT_THAT(taken, Each(2)) << threads << " threads, at most " << grain;
      }
    }
  }
}

// Without a barrier between loops some threads are in a later one than others.
TEST_P(Teams, MayOverlapTheirLoops) {
  constexpr std::size_t kLoops = 200;
  constexpr std::size_t kCount = 64;
  std::vector<int> taken(kLoops * kCount);
  for (int call = 0; call < 20; ++call) {
    const ThreadTeam size(call < 10 ? 2 : 4);
    with_team([&](const Team& team) {
      for (std::size_t loop = 0; loop < kLoops; ++loop) {
        team.each(kCount, 1, [&](Range part) {
          for (std::size_t i = part.begin; i < part.end; ++i) ++taken[loop * kCount + i];
        });
      }
    });
  }
  EXPECT_THAT(taken, Each(20));
}

TEST_P(Teams, DoTheShareOfAThreadThatIsLate) {
  const ThreadTeam size(2);
  std::size_t by_the_late = 0;
  std::atomic<bool> done = false;
  with_team([&](const Team& team) {
    while (team.index() == 1 && !done) std::this_thread::yield();
    team.each(1000, 1, [&](Range part) {
      if (team.index() == 1) by_the_late += part.size();
    });
    done = true;
  });
  EXPECT_EQ(by_the_late, 0);
}

TEST_P(Teams, ReadAfterABarrierWhatWasWrittenBefore) {
  for (const std::size_t threads : {2U, 3U}) {
    const ThreadTeam size(static_cast<int>(threads));
    std::vector<std::size_t> written(threads);
    std::vector<std::size_t> sums(threads);
    with_team([&](const Team& team) {
      for (std::size_t round = 1; round <= 1000; ++round) {
        written[team.index()] = round;
        team.barrier();
        sums[team.index()] += std::accumulate(written.begin(), written.end(), std::size_t{0});
        team.barrier();
      }
    });
    EXPECT_THAT(sums, Each(threads * 1000 * 1001 / 2));
  }
}

ALEXNET_WITH_EACH_WAIT(Teams);

TEST(Shares, AreEvenAndInOrder) {
  Board board(3);
  std::size_t end = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Range share = Team(board, i, 3).share(100, 16);
    EXPECT_EQ(share.begin, end);
    end = share.end;
  }
  EXPECT_EQ(end, 100);
}

/// How long the parts are that one of `threads` takes when the others never come: first its share,
/// then theirs from the back.
std::vector<std::size_t> even_parts(std::size_t threads, std::size_t count) {
  Board board(threads);
  std::vector<std::size_t> sizes;
  Team(board, 0, threads).each_evenly(count, 8, [&](Range part) { sizes.push_back(part.size()); });
  return sizes;
}

TEST(Shares, AreCutIntoEvenParts) {
  EXPECT_THAT(even_parts(2, 18), ElementsAre(4, 5, 5, 4));
  EXPECT_THAT(even_parts(2, 30), ElementsAre(7, 8, 8, 7));
  EXPECT_THAT(even_parts(2, 34), ElementsAre(5, 6, 6, 6, 6, 5));
  EXPECT_THAT(even_parts(2, 16), ElementsAre(8, 8));
  EXPECT_THAT(even_parts(2, 3), ElementsAre(1, 2));
  EXPECT_THAT(even_parts(2, 1), ElementsAre(1));
  EXPECT_THAT(even_parts(2, 0), IsEmpty());
  EXPECT_THAT(even_parts(3, 20), ElementsAre(6, 7, 7));
  EXPECT_THAT(even_parts(1, 20), ElementsAre(6, 7, 7));
  EXPECT_THAT(even_parts(2, 160), AllOf(SizeIs(20), Each(8)));
}

}  // namespace
}  // namespace alexnet::parallel
