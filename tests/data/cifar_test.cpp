#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <string>

#include "data/expect_error.h"
#include "data/temp_data.h"

namespace alexnet::test {
namespace {

class Cifar : public ::testing::Test {
 protected:
  Cifar() { write_cifar10(folder_ / "cifar-10-batches-bin", 4, 5); }

  DatasetPtr open(Split split = Split::train) const {
    return open_dataset(folder_.path().string(), split);
  }

  TempFolder folder_;
};

TEST_F(Cifar, GivesInterleavedImages) {
  const DatasetPtr train = open();
  EXPECT_EQ(train->size(), 20U);
  EXPECT_EQ(train->channels(), 3);
  EXPECT_EQ(train->classes().size(), 10U);
  EXPECT_EQ(train->classes()[6], "frog");
  const Sample sample = train->sample(17);
  EXPECT_EQ(sample.label, 7);
  EXPECT_EQ(sample.image.pixels, pattern(7, 32, 3, 5, 17).pixels);
  EXPECT_EQ(open(Split::test)->size(), 4U);
  EXPECT_EQ(open(Split::validation), nullptr);
}

TEST_F(Cifar, OpensTheInnerFolderToo) {
  const auto inner = (folder_ / "cifar-10-batches-bin").string();
  EXPECT_EQ(open_dataset(inner, Split::test)->size(), 4U);
}

TEST_F(Cifar, RefusesBrokenRecords) {
  const auto file = folder_ / "cifar-10-batches-bin/data_batch_3.bin";
  Bytes bytes = read_bytes(file);
  bytes.pop_back();
  write_bytes(file, bytes);
  EXPECT_ERROR(open(), "data_batch_3.bin", "12291", "3073");
  write_bytes(file, {});
  EXPECT_ERROR(open(), "data_batch_3.bin");
  std::filesystem::remove(file);
  EXPECT_ERROR(open(), "data_batch_3.bin", "No such file");
}

TEST_F(Cifar, RefusesLabelsOutsideTheClasses) {
  const auto file = folder_ / "cifar-10-batches-bin/data_batch_2.bin";
  Bytes bytes = read_bytes(file);
  bytes[2 * 3073] = 77;
  write_bytes(file, bytes);
  EXPECT_ERROR(open(), "data_batch_2.bin", "sample 2", "label 77", "0 to 9");
}

TEST_F(Cifar, RefusesAnotherNumberOfNames) {
  write_text(folder_ / "cifar-10-batches-bin/batches.meta.txt", "cat\r\ndog\r\n");
  EXPECT_ERROR(open(), "batches.meta.txt", "2 classes", "10");
}

TEST(Cifar100, TakesTheFineLabel) {
  const TempFolder folder;
  std::string names;
  for (int i = 0; i < 100; ++i) names += "class" + std::to_string(i) + "\n";
  write_text(folder / "fine_label_names.txt", names);
  Bytes record{19, 42};
  record.resize(2 + 3072, 128);
  write_bytes(folder / "train.bin", record);
  write_bytes(folder / "test.bin", record);
  for (const Split split : {Split::train, Split::test}) {
    const DatasetPtr set = open_dataset(folder.path().string(), split);
    EXPECT_EQ(set->size(), 1U);
    EXPECT_EQ(set->sample(0).label, 42);
    EXPECT_EQ(set->classes()[42], "class42");
  }
}

}  // namespace
}  // namespace alexnet::test
