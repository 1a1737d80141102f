#include <alexnet/dataset.h>
#include <alexnet/pack.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "data/sets/split.h"
#include "data/shards/webdataset.h"
#include "support/expect_error.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// Sets of archives a part of which is one archive with one label.
class ShardParts : public WebDataset {
 protected:
  void expect_parts(const std::string& data, const std::vector<int>& train,
                    const std::vector<int>& validation, const std::vector<int>& test) const {
    EXPECT_EQ(labels(data, Split::train), train);
    EXPECT_EQ(labels(data, Split::validation), validation);
    EXPECT_EQ(labels(data, Split::test), test);
  }
};

TEST_F(ShardParts, AreRecognisedByOneRule) {
  const std::vector<std::array<std::string, 3>> sets{
      {"train.tar", "val.tar", "test.tar"},
      {"imagenet1k-train-000000.tar", "imagenet1k-validation-000000.tar", "imagenet1k-test-00.tar"},
      {"Train-0.tar", "Valid-0.tar", "Testing_0.tar"},
      {"train/000000.tar", "val/000000.tar", "test/000000.tar"},
      {"training/a-0.tar", "dev/a-0.tar.gz", "TEST/a-0.tar"}};
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::string set = std::to_string(i);
    for (int part = 0; part < 3; ++part) {
      write_pair(set + "/" + sets[i].at(static_cast<std::size_t>(part)), std::to_string(part));
    }
    SCOPED_TRACE(sets[i][0]);
    expect_parts(set, {0}, {1}, {2});
    EXPECT_THAT(open(set)->classes(), SizeIs(3));
  }
}

TEST_F(ShardParts, ThatAreNotThereAreNone) {
  write_pair("flat/a-0.tar", "1");
  expect_parts("flat", {1}, {}, {});
  expect_parts("flat/a-0.tar", {1}, {}, {});
  write_pair("some/test-0.tar", "1");
  expect_parts("some", {}, {}, {1});
  write_pair("test/a-0.tar", "1");
  expect_parts("test", {}, {}, {1});
  write_pair("both/train-val-0.tar", "1");
  EXPECT_ERROR(open("both"), "'train-val-0'");
}

TEST_F(ShardParts, ThatContradictTheirFolderAreRefused) {
  write_pair("set/val/train-0.tar", "1");
  EXPECT_ERROR(open("set"), "train-0.tar", "'train'", "'val'");
}

TEST_F(ShardParts, ArchivesOfNoPartAreNamed) {
  write_pair("set/train-0.tar", "1");
  write_pair("set/extra.tar", "1");
  write_pair("set/train-0.tar.gz", "1");
  write_bytes(folder_ / "set/cover.png", png_);
  EXPECT_EQ(labels("set"), std::vector{1});
  EXPECT_THAT(open("set")->left_out(),
              ElementsAre(left("an archive of no part", 1, "extra.tar"),
                          left("a compressed copy of a shard", 1, "train-0.tar.gz"),
                          left("an image outside of the shards", 1, "cover.png")));
}

TEST_F(ShardParts, FoldersOfNoPartAreNamed) {
  write_pair("set/train/0.tar", "0");
  write_pair("set/val/0.tar", "0");
  write_pair("set/more/0.tar", "1");
  write_text(folder_ / "set/notes/a.txt", "");
  write_text(folder_ / "set/.git/HEAD", "");
  EXPECT_THAT(describe_parts((folder_ / "set").string()).ignored, ElementsAre("more", "notes"));
  write_image_folder(folder_ / "photos", {"a", "b"}, 2, 8, 1);
  pack(folder_ / "photos", folder_ / "packed", {});
  write_text(folder_ / "packed/run/config.json", "{}");
  EXPECT_THAT(describe_parts((folder_ / "packed").string()).ignored, ElementsAre("run"));
}

TEST_F(ShardParts, OfAPatternAreThoseOfItsNames) {
  for (int i = 0; i < 3; ++i) {
    write_pair(fmt::format("set/train-{}.tar", i), std::to_string(i));
    write_pair(fmt::format("set/val-{}.tar", i), std::to_string(i + 3));
    write_pair(fmt::format("val/{}.tar", i), std::to_string(i));
    write_pair(fmt::format("[a]/{}.tar", i), std::to_string(i));
  }
  write_text(folder_ / "set/val-notes.txt", "none");
  expect_parts("set/val-{0..2}.tar", {}, {3, 4, 5}, {});
  expect_parts("set/val-*", {}, {3, 4, 5}, {});
  expect_parts("set/{train,val}-?.tar", {0, 1, 2}, {3, 4, 5}, {});
  expect_parts("set/*.tar", {0, 1, 2}, {3, 4, 5}, {});
  expect_parts("val/{0..1}.tar", {}, {0, 1}, {});
  expect_parts("[a]/{2,0}.tar", {2, 0}, {}, {});
  expect_parts("[a]/*", {0, 1, 2}, {}, {});
  expect_parts("set/train-0.tar::" + (folder_ / "[a]/2.tar").string(), {0}, {}, {});
  EXPECT_ERROR(open("set/other-*.tar"), "other-*.tar", "no tar archive");
  EXPECT_ERROR(open("set/{train,other}-*.tar"), "no tar archive", "set/other-*.tar");
  EXPECT_ERROR(open("set/train-?.tar::other/?.tar"), "no tar archive that 'other/?.tar'");
  EXPECT_ERROR(open("[a]/{0,*}.tar"), "0.tar twice");
  EXPECT_ERROR(open("set/{train-0,trian-1}.tar"), "there is no", "set/trian-1.tar");
}

TEST_F(ShardParts, OfOtherClassListsAreMatchedByName) {
  write_text(folder_ / "set/train/classes.txt", "ant\nbee\ncat\n");
  write_pair("set/train/0.tar", "1");
  write_text(folder_ / "set/val/classes.txt", "cat\nbee\nwasp\n");
  archive_.clear();
  add_pair("a", "0");
  add_pair("b", "1");
  add_pair("c", "2");
  write("set/val/0.tar");
  expect_parts("set", {1}, {2, 1, 3}, {});
  const DatasetPtr validation = open("set", Split::validation);
  EXPECT_THAT(validation->classes(), ElementsAre("ant", "bee", "cat", "wasp"));
  EXPECT_THAT(open("set")->classes(), ElementsAre("ant", "bee", "cat"));
  write_text(folder_ / "set/val/classes.txt", "x\ny\nz\n");
  EXPECT_ERROR(open("set", Split::validation), "no name in common", "train/classes.txt",
               "val/classes.txt");
  write_text(folder_ / "set/val/classes.txt", "cat\nwasp\n");
  write_pair("set/val/0.tar", "1");
  EXPECT_ERROR(open("set", Split::validation), "no image of the val part", "train/classes.txt");
}

TEST_F(ShardParts, MayFollowTheClassListAboveThem) {
  write_text(folder_ / "set/classes.txt", "ant\nbee\n");
  write_pair("set/train/0.tar", "1");
  write_pair("set/val/0.tar", "0");
  expect_parts("set", {1}, {0}, {});
  EXPECT_THAT(open("set", Split::validation)->classes(), ElementsAre("ant", "bee"));
  EXPECT_THAT(open("set/val/*.tar", Split::validation)->classes(), ElementsAre("ant", "bee"));
}

// Whoever means test images says so.
TEST_F(ShardParts, OfUnclearNameAreForValidationWhereGivenByHand) {
  write_pair("eval/a-0.tar", "1");
  expect_parts("eval", {}, {1}, {});
  expect_parts("eval/*.tar", {}, {1}, {});
  write_pair("set/eval-0.tar", "1");
  write_pair("set/train-0.tar", "0");
  EXPECT_ERROR(open("set"), "'eval-0'", "rename it to val or test");
  expect_parts("set/eval-*.tar", {}, {1}, {});
}

TEST_F(ShardParts, MayLieInFoldersOfOneFurtherName) {
  write_text(folder_ / "set/classes.txt", "ant\nbee\ncat\n");
  write_pair("set/imagenet_train/0.tar", "0");
  write_pair("set/imagenet_val/0.tar", "1");
  write_pair("set/imagenet_test/0.tar", "2");
  expect_parts("set", {0}, {1}, {2});
  expect_parts("set/imagenet_{train,val}/*.tar", {0}, {1}, {});
  EXPECT_THAT(open("set", Split::test)->classes(), ElementsAre("ant", "bee", "cat"));
}

TEST_F(ShardParts, OfSeveralSetsAreRefused) {
  for (const char* name : {"a_train", "a_val", "b_train", "b_val"}) {
    write_pair(fmt::format("set/{}/0.tar", name), "1");
  }
  EXPECT_ERROR(open("set"), "a_train", "b_train", "not of one set", "--val");
  expect_parts("set/{a,b}_train/*.tar", {1, 1}, {}, {});
}

TEST_F(ShardParts, OfSeveralSetsByTheirNamesAreRefused) {
  const std::vector<std::vector<const char*>> sets{
      {"flowers-train-0.tar", "animals-train-0.tar", "flowers-test-0.tar"},
      {"flowers-train.tar", "animals-val.tar"},
      {"train-0.tar", "train_extra-0.tar"},
      {"train_a-0.tar", "val_b-0.tar"},
      {"a-train-0.tar", "b-val-0.tar"},
      {"train-0.tar", "val_small-0.tar"}};
  for (const auto& names : sets) {
    fs::remove_all(folder_ / "set");
    for (const char* name : names) write_pair(fmt::format("set/{}", name), "0");
    EXPECT_ERROR(open("set"), "parts by their names", "not of one set", "--val PATTERN");
  }
  write_pair("set/train_extra-0.tar", "1");
  expect_parts("set/train*.tar", {0, 1}, {}, {});
  EXPECT_ERROR(open("set/*.tar"), "not of one set");
}

TEST_F(ShardParts, MayBeNumberedByLettersOrInHexadecimal) {
  const std::vector<std::vector<const char*>> sets{
      {"train_0.tar", "train_a.tar", "validation.tar"},
      {"train-aa.tar", "train-ab.tar", "val-aa.tar"},
      {"train-00ff.tar", "train-0100.tar", "val-0abc.tar"},
      {"imagenet1k-train-0.tar", "imagenet1k-train-1.tar", "imagenet-val-0.tar"},
      {"train/imagenet-train-0.tar", "train/imagenet-train-1.tar", "val/val-0.tar"}};
  for (const auto& names : sets) {
    fs::remove_all(folder_ / "set");
    write_pair(fmt::format("set/{}", names[0]), "0");
    write_pair(fmt::format("set/{}", names[1]), "1");
    write_pair(fmt::format("set/{}", names[2]), "2");
    EXPECT_EQ(open("set")->size(), 2U) << names[0];
    EXPECT_EQ(open("set", Split::validation)->size(), 1U) << names[0];
  }
  expect_parts("set/{train,val}/*.tar", {0, 1}, {2}, {});
}

TEST_F(ShardParts, InTwoPlacesOrOfTwoNamesAreRefused) {
  const std::vector<std::vector<const char*>> sets{
      {"cc3m-train.tar", "cc3m-valid-0.tar", "cc3m-dev-0.tar"},
      {"train/0.tar", "valid/0.tar", "dev/0.tar"},
      {"train/0.tar", "val-0.tar", "val/0.tar"}};
  for (const auto& names : sets) {
    fs::remove_all(folder_ / "set");
    for (const char* name : names) write_pair(fmt::format("set/{}", name), "0");
    EXPECT_ERROR(open("set"), "are both", "the val part by their names", "keep one of them");
  }
}

TEST_F(ShardParts, MayBeGluedToAWordOfAnyData) {
  write_pair("set/traindata-0.tar", "0");
  write_pair("set/testdata-0.tar", "1");
  expect_parts("set", {0}, {}, {1});
  write_pair("other/trainbirds-0.tar", "0");
  write_pair("other/testbirds-0.tar", "1");
  EXPECT_ERROR(open("other"), "testbirds-0.tar and", "look like parts");
}

TEST_F(ShardParts, MayHaveNamesInCapitals) {
  write_pair("set/TRAIN-0.TAR", "1");
  write_pair("set/VAL-0.Tar", "0");
  expect_parts("set", {1}, {0}, {});
  expect_parts("set/TRAIN-0.TAR", {1}, {}, {});
  write_gzip(folder_ / "packed/train.TAR.GZ", archive_);
  expect_parts("packed", {0}, {}, {});
}

// As after `cd set/test`.
TEST_F(ShardParts, OfAPatternHereAreThoseOfThisFolder) {
  write_text(folder_ / "set/classes.txt", "ant\nbee\n");
  write_pair("set/test/0.tar", "1");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "set/test");
  const DatasetPtr test = open_dataset("*.tar", Split::test);
  fs::current_path(before);
  ASSERT_NE(test, nullptr);
  EXPECT_THAT(test->classes(), ElementsAre("ant", "bee"));
}

TEST_F(ShardParts, LabelledFromOneHaveNoClassZero) {
  write_pair("set/train-0.tar", "1");
  write_pair("set/val-0.tar", "3");
  for (const Split split : {Split::train, Split::validation}) {
    EXPECT_THAT(open("set", split)->classes(), ElementsAre("1", "2", "3"));
  }
  EXPECT_EQ(open("set", Split::train)->sample(0).label, 0);
  EXPECT_EQ(open("set", Split::validation)->label(0), 2);
  write_pair("set/test-0.tar", "0");
  EXPECT_THAT(open("set")->classes(), ElementsAre("0", "1", "2", "3"));
  EXPECT_EQ(open("set")->sample(0).label, 1);
}

TEST_F(ShardParts, AreNotNamedByTheListOfAnother) {
  write_pair("set/train/0.tar", "1");
  write_pair("set/test/0.tar", "1");
  write_text(folder_ / "set/test/classes.txt", "ant\nbee\n");
  for (const Split split : {Split::train, Split::test}) {
    EXPECT_ERROR(open("set", split), "test/classes.txt names the classes of the test part",
                 "archives of the train part have no classes.txt");
  }
  fs::rename(folder_ / "set/test/classes.txt", folder_ / "set/classes.txt");
  EXPECT_THAT(open("set")->classes(), ElementsAre("ant", "bee"));
}

TEST_F(ShardParts, ClassListsMayBeginWithAByteOrderMark) {
  write_text(folder_ / "set/classes.txt",
             "\xEF\xBB\xBF"
             "ant\r\nbee\r\n\r\n");
  write_pair("set/train-0.tar", "1");
  EXPECT_THAT(open()->classes(), ElementsAre("ant", "bee"));
}

TEST_F(ShardParts, ClassListsWithGapsAreRefused) {
  write_text(folder_ / "set/classes.txt", "ant\n \nbee\n");
  write_pair("set/train-0.tar", "1");
  EXPECT_ERROR(open(), "classes.txt: line 2 is empty");
}

TEST_F(ShardParts, ClassListsMayBeInAnyEncoding) {
  write_text(folder_ / "set/classes.txt", "ant\ncaf\xE9\n");
  archive_.clear();
  append_member(archive_, "a.png", png_);
  add("a.cls", "caf\xE9");
  write("set/train-0.tar");
  EXPECT_EQ(labels(), std::vector{1});
  EXPECT_EQ(open()->classes()[1], "caf\\xE9");
}

}  // namespace
}  // namespace alexnet::test
