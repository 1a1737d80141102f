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

TEST(WithoutFolders, APathIsItsLastPart) {
  EXPECT_EQ(without_folder("/home/me/my set/"), "my set");
  EXPECT_EQ(without_folder("/data/cifar:coarse"), "cifar:coarse");
  for (const char* other : {"fashion-mnist", "runs/a/1", "../a", "3/4", ""}) {
    EXPECT_EQ(without_folder(other), other);
  }
}

TEST(WithoutFolders, OfACommandArePathsAndValues) {
  EXPECT_EQ(command_without_folders(
                "alexnet train /home/me/set '--val=/home/me/val/' --out runs/a --lr 0.1"),
            "alexnet train set '--val=val' --out runs/a --lr 0.1");
  EXPECT_EQ(command_without_folders("alexnet train '/home/my name/it'\\''s one' --seed 1"),
            "alexnet train 'it'\\''s one' --seed 1");
  EXPECT_EQ(command_without_folders("alexnet train '/home/my name/set'  '--val=/home/a b/val'"),
            "alexnet train set  '--val=val'");
  EXPECT_EQ(command_without_folders("alexnet train <data> 'a b' --x"),
            "alexnet train <data> 'a b' --x");
  EXPECT_EQ(command_without_folders("alexnet '/home/me"), "alexnet me");
  EXPECT_EQ(command_without_folders("alexnet \\"), "alexnet \\");
  EXPECT_EQ(command_without_folders(""), "");
}

}  // namespace
}  // namespace alexnet
