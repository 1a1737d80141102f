#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "data/expect_error.h"
#include "data/temp_data.h"

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

}  // namespace
}  // namespace alexnet::test
