#include "infer/matched_set.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Matching : public testing::Test {
 protected:
  Matching() { test::write_class_folders(folder_.path(), {"ant", "bee", "cat"}, 1, 8, 1); }

  MatchedSet with(const std::vector<std::string>& classes) const {
    return match_classes(open_dataset(folder_.path().string(), Split::train), classes, "photos");
  }
  static std::vector<std::int32_t> labels(const MatchedSet& set) {
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < set.dataset->size(); ++i) {
      labels.push_back(set.dataset->sample(i).label);
    }
    return labels;
  }

  test::TempFolder folder_;
};

TEST_F(Matching, FollowsNamesInAnyOrder) {
  const MatchedSet set = with({"cat", "ant", "bee"});
  EXPECT_THAT(labels(set), ElementsAre(1, 2, 0));
  EXPECT_TRUE(set.by_name);
  EXPECT_THAT(set.unknown, IsEmpty());
  EXPECT_THAT(set.remarks, IsEmpty());
}

TEST_F(Matching, PutsUnknownClassesBehindTheNetworks) {
  const MatchedSet set = with({"dog", "cat"});
  EXPECT_THAT(labels(set), ElementsAre(2, 3, 1));
  EXPECT_THAT(set.dataset->classes(), ElementsAre("dog", "cat", "ant", "bee"));
  EXPECT_THAT(set.unknown, ElementsAre("ant", "bee"));
  EXPECT_EQ(set.missing, 1U);
  EXPECT_THAT(set.remarks, ElementsAre(HasSubstr("photos has 1 of the network's 2 classes")));
}

TEST_F(Matching, WarnsWhereOnlyNumbersCanBeCompared) {
  const MatchedSet set = with({"0", "1", "2"});
  EXPECT_THAT(labels(set), ElementsAre(0, 1, 2));
  EXPECT_FALSE(set.by_name);
  EXPECT_THAT(set.dataset->classes(), ElementsAre("0", "1", "2"));
  EXPECT_THAT(set.remarks, ElementsAre(AllOf(HasSubstr("photos (ant, bee, cat)"),
                                             HasSubstr("(0, 1, 2)"), HasSubstr("by number"))));
}

TEST_F(Matching, RefusesListsThatHaveNothingInCommon) {
  EXPECT_ERROR(with({"0", "1"}),
               "none of the 3 classes of photos (ant, bee, cat) is one of the network's 2 (0, 1)");
}

}  // namespace
}  // namespace alexnet
