#include <alexnet/dataset.h>
#include <alexnet/pack.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "data/sets/split.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

class KnownSets : public ::testing::Test {
 protected:
  KnownSets() { setenv("ALEXNET_DATA", folder_.path().c_str(), 1); }
  ~KnownSets() override { unsetenv("ALEXNET_DATA"); }

  TempFolder folder_;
};

TEST_F(KnownSets, AreFoundInTheUsersFolderFirst) {
  write_idx_dataset(folder_ / "fashion-mnist", 20, 10, 1);
  write_cifar10(folder_ / "cifar-10", 2, 1);
  const DatasetPtr fashion = open_dataset("fashion-mnist", Split::train);
  EXPECT_EQ(fashion->size(), 20U);
  EXPECT_EQ(fashion->classes()[9], "Ankle boot");
  EXPECT_EQ(open_dataset("cifar-10", Split::test)->size(), 2U);
}

TEST_F(KnownSets, MissingOnesSayWhatToDo) {
  EXPECT_ERROR(open_dataset("mnist", Split::train), "no mnist", "train-images-idx3-ubyte.gz",
               folder_.path().string());
  EXPECT_ERROR(open_dataset("cifar-100", Split::train), "cifar-100-binary", "ALEXNET_DATA");
}

TEST(OpenDataset, RefusesWhatIsNoFolder) {
  const TempFolder folder;
  write_text(folder / "file", "x");
  EXPECT_ERROR(open_dataset((folder / "file").string(), Split::train), "is not a folder");
  EXPECT_ERROR(open_dataset("no/such/folder", Split::train), "no/such/folder does not exist",
               "fashion-mnist");
}

TEST(OpenDataset, GivenTooHighSayWhichToGive) {
  const TempFolder folder;
  write_idx_dataset(folder / "mnist/MNIST/raw", 10, 10, 1);
  EXPECT_ERROR(open_dataset((folder / "mnist").string(), Split::train), "no folder of images",
               folder / "mnist/MNIST/raw holds files in MNIST's form: give that");
  write_cifar10(folder / "cifar/data/cifar-10-batches-bin", 2, 1);
  EXPECT_ERROR(open_dataset((folder / "cifar").string(), Split::train),
               folder / "cifar/data holds CIFAR's files: give that");
  write_class_folders(folder / "photos", {"a", "b"}, 2, 8, 1);
  pack(folder / "photos", folder / "outer/shards");
  EXPECT_ERROR(open_dataset((folder / "outer").string(), Split::train),
               folder / "outer/shards holds tar shards: give that");
}

TEST(OpenDataset, PartsOfTwoFormsAreRefused) {
  const TempFolder folder;
  write_class_folders(folder / "photos", {"a", "b"}, 2, 8, 1);
  pack(folder / "photos", folder / "set/train");
  std::filesystem::remove(folder / "set/train/index.json");
  write_class_folders(folder / "set/test", {"a", "b"}, 2, 8, 1);
  EXPECT_ERROR(open_dataset((folder / "set").string(), Split::train),
               folder / "set/train holds tar shards, but other parts", "--val DATA");
}

TEST(OpenDataset, SetsThatAreStillPackedAreNamed) {
  const TempFolder folder;
  write_text(folder / "set/photos.zip", "PK");
  EXPECT_ERROR(open_dataset((folder / "set").string(), Split::train), "no class folders", "unpack",
               "photos.zip");
  write_text(folder / "classes/ant/ant.zip", "PK");
  write_png(folder / "classes/bee/1.png", pattern(0, 8, 3, 1, 0));
  EXPECT_ERROR(open_dataset((folder / "classes").string(), Split::train), "ant holds no images",
               "unpack", "ant.zip");
}

TEST(OpenDataset, PartsAreThoseOfTheChoice) {
  const TempFolder folder;
  const std::string data = folder.path();
  for (const char* prefix :
       {"emnist-letters-train", "emnist-letters-test", "emnist-digits-train"}) {
    write_idx_split(folder.path(), prefix, 10, 1);
  }
  EXPECT_THAT(dataset_splits(data + ":emnist-letters"),
              ::testing::ElementsAre(Split::train, Split::test));
  EXPECT_THAT(dataset_splits(data + ":emnist-digits"), ::testing::ElementsAre(Split::train));
  EXPECT_EQ(describe_parts(data + ":emnist-digits").parts[0].path, data + ":emnist-digits");
  EXPECT_ERROR(dataset_splits(data), "several sets", "emnist-digits");
  EXPECT_ERROR(dataset_splits(data + ":none"), "no set 'none'");
  write_cifar10(folder / "cifar", 2, 1);
  EXPECT_ERROR(dataset_splits(data + "/cifar:coarse"), "no 'coarse' labels");
  write_class_folders(folder / "photos", {"a", "b"}, 2, 8, 1);
  EXPECT_ERROR(dataset_splits(data + "/photos:a"), "no 'a' to choose");
}

// Of whatever form: another part in its place would be evaluated under a wrong name.
TEST(OpenDataset, GivesNothingForAPartThatIsNotThere) {
  const TempFolder folder;
  write_idx_split(folder / "idx", "train", 10, 1);
  write_cifar10(folder / "cifar", 2, 1);
  std::filesystem::remove(folder / "cifar/test_batch.bin");
  write_class_folders(folder / "photos", {"a", "b"}, 2, 8, 1);
  pack(folder / "photos", folder / "packed");
  std::filesystem::create_directories(folder / "archives");
  std::filesystem::copy(folder / "packed/train-000000.tar", folder / "archives/x.tar");
  for (const char* data : {"idx", "cifar", "photos", "packed", "archives", "archives/x.tar",
                           "packed/train-{000000..000000}.tar"}) {
    const std::string path = folder / data;
    EXPECT_NE(open_dataset(path, Split::train), nullptr) << data;
    EXPECT_EQ(open_dataset(path, Split::validation), nullptr) << data;
    EXPECT_EQ(open_dataset(path, Split::test), nullptr) << data;
    EXPECT_THAT(dataset_splits(path), ::testing::ElementsAre(Split::train)) << data;
  }
}

}  // namespace
}  // namespace alexnet::test
