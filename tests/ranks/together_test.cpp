#include "ranks/together.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "ranks/comparison.h"
#include "support/expect_error.h"
#include "support/thread_ranks.h"

namespace alexnet::test {
namespace {

using testing::ElementsAre;

std::string number(const Communicator& ranks) {
  return std::to_string(ranks.rank());
}

TEST(Together, GathersTextsOfAnyLength) {
  on_ranks(3, [](Communicator& ranks) {
    const std::string own(static_cast<std::size_t>(ranks.rank()), 'x');
    EXPECT_THAT(all_gather(ranks, own), ElementsAre("", "x", "xx"));
    EXPECT_THAT(together(ranks, [&] { return number(ranks); }), ElementsAre("0", "1", "2"));
    EXPECT_TRUE(any(ranks, ranks.rank() == 2));
    EXPECT_FALSE(any(ranks, false));
  });
}

TEST(Together, AllThrowWhatOneThrows) {
  on_ranks(3, [](Communicator& ranks) {
    const auto fail = [&] {
      if (ranks.rank() > 0) throw Error("no file " + number(ranks), ErrorKind::not_found);
    };
    try {
      do_together(ranks, fail);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const SharedError& error) {
      EXPECT_EQ(error.what(), rank_name(1, host_name()) + ": no file 1");
      EXPECT_EQ(error.kind(), ErrorKind::not_found);
    }
    do_together(ranks, [] {});  // and go on
  });
}

TEST(Together, SaysOnceWhatAllThrow) {
  on_ranks(2, [](Communicator& ranks) {
    try {
      do_together(ranks, [] { throw Error("no data"); });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const SharedError& error) {
      EXPECT_STREQ(error.what(), "no data");
    }
  });
}

TEST(Together, OnlyTheFirstActs) {
  on_ranks(3, [](Communicator& ranks) {
    bool acted = false;
    do_on_first(ranks, [&] { acted = true; });
    EXPECT_EQ(acted, ranks.rank() == 0);
    try {
      do_on_first(ranks, [] { throw Error("the disk is full", ErrorKind::io); });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const SharedError& error) {
      EXPECT_STREQ(error.what(), "the disk is full");
      EXPECT_EQ(error.kind(), ErrorKind::io);
    }
  });
}

TEST(Together, OneProcessThrowsItsOwn) {
  struct Special : Error {
    using Error::Error;
  };
  const auto self = alone();
  EXPECT_THROW(do_together(*self, [] { throw Special("mine"); }), Special);
  EXPECT_THROW(do_on_first(*self, [] { throw Special("mine"); }), Special);
  EXPECT_THAT(all_gather(*self, "own"), ElementsAre("own"));
}

TEST(RequireSame, NamesTheFirstDifference) {
  on_ranks(3, [](Communicator& ranks) {
    const std::string simd = ranks.rank() == 2 ? "avx2" : "avx512";
    const std::string own = number(ranks);
    require_same(ranks, {{"version", "1"}, {"data", "a"}});
    EXPECT_ERROR(require_same(ranks, {{"version", "1"}, {"simd", simd}, {"rank", own}}),
                 "rank differs", "rank 0 on " + host_name() + " has 0",
                 "rank 1 on " + host_name() + " has 1");
    EXPECT_ERROR(require_same(ranks, {{"version", "1"}, {"simd", simd}}), "simd differs",
                 "rank 2 on", "has avx2", "has avx512");
    std::vector<Fact> facts{{"version", "1"}};
    if (ranks.rank() == 1) facts.push_back({"validation", "b"});
    EXPECT_ERROR(require_same(ranks, facts), "validation differs", "has nothing of it",
                 "rank 1 on " + host_name() + " has b");
  });
}

}  // namespace
}  // namespace alexnet::test
