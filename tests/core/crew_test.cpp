// The threads of teams: the same again and again.
#include "core/crew.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "core/threads.h"

namespace alexnet::parallel {
namespace {

using testing::Each;
using testing::SizeIs;

std::set<std::thread::id> members() {
  std::vector<std::thread::id> ids(team_size());
  with_team([&](const Team& team) { ids[team.index()] = std::this_thread::get_id(); });
  return {ids.begin(), ids.end()};
}

TEST(Crew, KeepsItsThreads) {
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

TEST(Crew, OfEveryThreadIsItsOwn) {
  const ThreadTeam size(2);
  const auto mine = members();
  std::thread([&] {
    const ThreadTeam other_size(2);
    const auto others = members();
    EXPECT_THAT(others, SizeIs(2));
    EXPECT_TRUE(std::ranges::none_of(others, [&](auto id) { return mine.contains(id); }));
  }).join();
}

TEST(Crew, ATeamWithinATeamIsOneThread) {
  const ThreadTeam size(2);
  std::vector<std::size_t> sizes(2);
  with_team([&](const Team& outer) {
    with_team([&](const Team& inner) { sizes[outer.index()] = inner.size(); });
  });
  EXPECT_THAT(sizes, Each(1));
}

}  // namespace
}  // namespace alexnet::parallel
