// Names of images on a page that is sent to others.
#include "report/short_names.h"

#include <gmock/gmock.h>

namespace alexnet {
namespace {

using testing::ElementsAre;

TEST(ShortNames, AreFileNamesWhereTheseDiffer) {
  EXPECT_THAT(short_names({"/home/me/a.png", "pictures/b.png", "c.png"}),
              ElementsAre("a.png", "b.png", "c.png"));
}

TEST(ShortNames, HaveTheFoldersThatTellThemApart) {
  EXPECT_THAT(short_names({"/set/cat/1.png", "/set/dog/1.png", "/set/dog/2.png"}),
              ElementsAre("cat/1.png", "dog/1.png", "2.png"));
  EXPECT_THAT(short_names({"/old/cat/1.png", "/new/cat/1.png", "1.png"}),
              ElementsAre("old/cat/1.png", "new/cat/1.png", "1.png"));
}

TEST(ShortNames, OfOnePathGivenTwice) {
  EXPECT_THAT(short_names({"/set/cat/1.png", "/set/./cat/1.png"}), ElementsAre("1.png", "1.png"));
}

TEST(WithoutFolders, AbsolutePathsInASentenceAreTheirLastParts) {
  EXPECT_EQ(without_folders("/home/me/set has changed (see '/home/me/set/list.txt': line 3)."),
            "set has changed (see 'list.txt': line 3).");
  EXPECT_EQ(without_folders("/data/sets/ does not exist"), "sets does not exist");
  EXPECT_EQ(without_folders("3/4 of runs/a are at / or n/a"), "3/4 of runs/a are at / or n/a");
}

}  // namespace
}  // namespace alexnet
