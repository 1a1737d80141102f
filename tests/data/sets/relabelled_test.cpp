#include "data/sets/relabelled.h"

#include <gmock/gmock.h>

#include "support/temp_data.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;

class Relabelling : public testing::Test {
 protected:
  Relabelling() { test::write_class_folders(folder_.path(), {"ant", "bee", "cat"}, 2, 8, 1); }

  DatasetPtr with(const std::vector<std::string>& classes) const {
    const DatasetPtr set = open_dataset(folder_.path().string(), Split::train);
    return relabelled(set, classes, map_classes(set->classes(), classes));
  }
  static std::vector<std::string> keys_and_classes(const Dataset& set) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < set.size(); ++i) {
      const auto label = static_cast<std::size_t>(set.label(i));
      EXPECT_EQ(set.sample(i).label, set.label(i));
      StoredSample stored;
      set.read(i, stored);
      EXPECT_EQ(stored.label, set.label(i));
      lines.push_back(set.key(i) + " " + set.classes()[label]);
    }
    return lines;
  }

  test::TempFolder folder_;
};

TEST_F(Relabelling, FollowsNamesInAnotherOrder) {
  const DatasetPtr set = with({"cat", "ant", "dog", "bee"});
  EXPECT_THAT(keys_and_classes(*set),
              ElementsAre("ant/0.png ant", "ant/1.png ant", "bee/0.png bee", "bee/1.png bee",
                          "cat/0.png cat", "cat/1.png cat"));
  EXPECT_THAT(set->left_out(), ElementsAre());
}

TEST_F(Relabelling, LeavesUnknownClassesOutAndCountsThem) {
  const DatasetPtr set = with({"cat", "bee"});
  EXPECT_THAT(keys_and_classes(*set),
              ElementsAre("bee/0.png bee", "bee/1.png bee", "cat/0.png cat", "cat/1.png cat"));
  ASSERT_EQ(set->left_out().size(), 1U);
  EXPECT_EQ(set->left_out()[0].files, 2U);
  EXPECT_EQ(set->left_out()[0].example, "ant/0.png");
  EXPECT_EQ(set->left_out()[0].reason, "the class 'ant', which training does not have");
}

TEST_F(Relabelling, LeavesTheSameClassesAsTheyAre) {
  const DatasetPtr set = open_dataset(folder_.path().string(), Split::train);
  EXPECT_EQ(relabelled(set, set->classes(), map_classes(set->classes(), set->classes())), set);
}

}  // namespace
}  // namespace alexnet
