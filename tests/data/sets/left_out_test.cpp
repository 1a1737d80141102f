// What lies beside a set of any form and is none of its samples is counted, and folders are named.
#include <alexnet/dataset.h>
#include <alexnet/pack.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "data/sets/split.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* kPacked = "an archive, which is not read";
constexpr const char* kImage = "an image beside the set's files";

class LeftOutTest : public ::testing::Test {
 protected:
  void add(const std::string& path) const { write_png(folder_ / path, pattern(0, 8, 3, 1, 0)); }
  void touch(const std::string& path) const { write_text(folder_ / path, "no matter what"); }
  std::string set() const { return folder_ / "set"; }
  std::vector<LeftOut> left_out(Split split = Split::train) const {
    return open_dataset(set(), split)->left_out();
  }

  TempFolder folder_;
};

TEST_F(LeftOutTest, BesideClassFolders) {
  write_class_folders(set(), {"a", "b"}, 2, 8, 1);
  for (const char* file : {"set/1.png", "set/photo.tar.png", "set/2.zip", "set/3.tar.gz",
                           "set/photo.tar.txt", "set/readme.txt"})
    touch(file);
  EXPECT_THAT(left_out(),
              ElementsAre(LeftOut{"in no class folder", 2, "1.png"}, LeftOut{kPacked, 2, "2.zip"}));
}

TEST_F(LeftOutTest, BesideFoldersOfParts) {
  write_image_folder(set(), {"a", "b"}, 2, 8, 1);
  for (const char* file : {"set/1.png", "set/2.png", "set/3.ZIP"}) touch(file);
  EXPECT_THAT(left_out(), ElementsAre(LeftOut{"in no part's folder", 2, "../1.png"},
                                      LeftOut{kPacked, 1, "../3.ZIP"}));
  EXPECT_THAT(left_out(Split::test), IsEmpty());
  EXPECT_EQ(pack(set(), folder_ / "packed").left_out.size(), 2U);
}

TEST_F(LeftOutTest, BesideShards) {
  write_class_folders(folder_ / "photos", {"a", "b"}, 2, 8, 1);
  pack(folder_ / "photos", set());
  for (const char* file : {"set/1.png", "set/2.zip"}) touch(file);
  const auto rows = ElementsAre(LeftOut{"an image outside of the shards", 1, "1.png"},
                                LeftOut{kPacked, 1, "2.zip"});
  EXPECT_THAT(left_out(), rows);
  fs::remove(folder_ / "set/index.json");
  EXPECT_THAT(left_out(), rows);
}

TEST_F(LeftOutTest, BesideIdxFiles) {
  write_idx_dataset(set(), 10, 10, 1);
  for (const char* file : {"set/extra-images-idx3-ubyte", "set/extra-labels-idx1-ubyte.gz",
                           "set/test-images.idx3-ubyte", "set/train-images.idx3-ubyte",
                           "set/train-images-idx3-ubyte.gz", "set/1.tar", "set/1.png"}) {
    touch(file);
  }
  EXPECT_THAT(left_out(),
              ElementsAre(LeftOut{kImage, 1, "1.png"}, LeftOut{kPacked, 1, "1.tar"},
                          LeftOut{"a file of no part of the set", 3, "extra-images-idx3-ubyte"}));
  add("set/cat/1.png");
  EXPECT_THAT(describe_parts(set()).ignored, ElementsAre("cat"));
}

TEST_F(LeftOutTest, BesideCifarsFiles) {
  write_cifar10(set(), 4, 5);
  for (const char* file : {"set/data_batch_6.bin", "set/val_batch.bin", "set/batches.txt"}) {
    touch(file);
  }
  EXPECT_THAT(left_out(), ElementsAre(LeftOut{"no file of CIFAR's", 3, "batches.txt"}));
  add("set/cat/1.png");
  EXPECT_THAT(describe_parts(set()).ignored, ElementsAre("cat"));
}

TEST_F(LeftOutTest, TwoFormatsInOneFolderAreRefused) {
  write_idx_dataset(set(), 10, 10, 1);
  write_cifar10(folder_ / "set/cifar-10-batches-bin", 4, 5);
  EXPECT_ERROR(left_out(), "MNIST's form and CIFAR's", "a folder of its own");
}

}  // namespace
}  // namespace alexnet::test
