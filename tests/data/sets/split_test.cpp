#include "data/sets/split.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace alexnet::test {
namespace {

TEST(PartOfName, IsAWordOfItInAnyLetters) {
  for (const char* name :
       {"train", "Train", "TRAINING", "trn", "imagenet1k-train-000000.tar", "train_images",
        "train2017", "images/train", "TrainSet", "trainval", "cifar10.train.tar", "seg_train",
        "traindata-0.tar", "trainimages", "TRAINDATASET"}) {
    EXPECT_EQ(part_of_name(name), Split::train) << name;
  }
  for (const char* name :
       {"val", "Val", "valid", "validation", "dev", "cifar10_val", "val-0001",
        "imagenet1k-validation-00.tar", "myValid", "Validate", "devel", "valdata", "valset"}) {
    EXPECT_EQ(part_of_name(name), Split::validation) << name;
  }
  for (const char* name :
       {"test", "Testing", "tst", "test_batch", "Test Images", "test1", "testdata"}) {
    EXPECT_EQ(part_of_name(name), Split::test) << name;
  }
}

TEST(PartOfName, IsNoPieceOfAWord) {
  for (const char* name :
       {"", "cat", "contest", "trainer", "invalid", "devices", "valley", "000", "unlabeled",
        "extra", "entra\xC3\xAEnement", "d\xC3\xA9val", "shard-000000.tar"}) {
    EXPECT_EQ(part_of_name(name), std::nullopt) << name;
  }
}

TEST(PartOfName, RefusesWhatMayBeSeveral) {
  EXPECT_ERROR(part_of_name("train-test-000.tar"), "train-test-000.tar", "train and test");
  EXPECT_ERROR(part_of_name("evalset-0"), "'evalset-0'", "validation or for test");
  EXPECT_ERROR(part_of_name("eval"), "'eval'", "validation or for test");
  EXPECT_ERROR(part_of_name("train_holdout"), "train_holdout");
}

TEST(PartName, IsPlainWithoutWordsOfItsOwn) {
  for (const char* name : {"train", "Test_images", "val2017", "dataset_test", "eval", "train-val",
                           "testimgs", "evaldata"}) {
    EXPECT_TRUE(read_part_name(name).is_plain()) << name;
  }
  for (const char* name : {"test tube", "bullet train", "cifar10_val", "images", "2017"}) {
    EXPECT_FALSE(read_part_name(name).is_plain()) << name;
  }
  EXPECT_EQ(read_part_name("imagenet1k-train-000.tar").rest, "imagenet");
}

}  // namespace
}  // namespace alexnet::test
