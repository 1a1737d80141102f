#include "data/sets/fingerprint.h"

#include <gmock/gmock.h>

#include "support/temp_data.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class Fingerprints : public testing::Test {
 protected:
  Fingerprints() { test::write_class_folders(data_, {"ant", "bee", "cat"}, 3, 8, 1); }

  static Fingerprint of(const fs::path& data) {
    return fingerprint(*open_dataset(data.string(), Split::train));
  }
  std::string change() const { return difference(before_, of(data_)); }

  test::TempFolder folder_;
  fs::path data_ = folder_ / "data";
  Fingerprint before_;
};

TEST_F(Fingerprints, CountImagesOfEachClass) {
  const Fingerprint found = of(data_);
  EXPECT_THAT(found.classes, ElementsAre("ant", "bee", "cat"));
  EXPECT_THAT(found.images, ElementsAre(3U, 3U, 3U));
  EXPECT_EQ(found.size(), 9U);
  EXPECT_EQ(found.hash.size(), 32U);
}

TEST_F(Fingerprints, DoNotDependOnThePlace) {
  before_ = of(data_);
  fs::rename(data_, folder_ / "elsewhere");
  EXPECT_EQ(difference(before_, of(folder_ / "elsewhere")), "");
  EXPECT_EQ(difference(before_, of((folder_ / "elsewhere").string() + "/")), "");
}

TEST_F(Fingerprints, DoNotDependOnHowNamesAreWritten) {
  fs::copy(data_ / "ant/0.png", data_ / "ant/e\u0301.png");
  fs::copy(data_ / "ant/0.png", data_ / "ant/f.png");
  fs::rename(data_ / "bee", data_ / "e\u0301lan");
  fs::rename(data_ / "cat", data_ / "zoo");
  before_ = of(data_);
  fs::rename(data_ / "ant/e\u0301.png", data_ / "ant/\u00E9.png");
  fs::rename(data_ / "e\u0301lan", data_ / "\u00E9lan");
  EXPECT_EQ(change(), "");
}

TEST_F(Fingerprints, NameWhatChanged) {
  before_ = of(data_);
  fs::copy_file(data_ / "ant/0.png", data_ / "ant/new.png");
  EXPECT_EQ(change(), "1 image was added (ant 3, now 4)");
  fs::remove(data_ / "bee/1.png");
  EXPECT_EQ(change(), "1 image was added and 1 image was removed (ant 3, now 4, bee 3, now 2)");
  fs::remove(data_ / "ant/new.png");
  fs::rename(data_ / "cat/0.png", data_ / "cat/z.png");
  fs::rename(data_ / "bee/0.png", data_ / "bee/1.png");
  EXPECT_EQ(change(), "1 image was removed (bee 3, now 2)");
}

TEST_F(Fingerprints, NameRenamedFiles) {
  before_ = of(data_);
  fs::rename(data_ / "cat/0.png", data_ / "cat/z.png");
  EXPECT_EQ(change(), "there are as many images as before (9), but others");
}

TEST_F(Fingerprints, NameChangesOfTheClasses) {
  before_ = of(data_);
  fs::rename(data_ / "ant", data_ / "zebra");
  EXPECT_EQ(change(), "a class was renamed (ant; now zebra)");
  fs::remove_all(data_ / "zebra");
  EXPECT_EQ(change(), "a class was removed (ant)");
  fs::copy(data_ / "bee", data_ / "ant", fs::copy_options::recursive);
  fs::copy(data_ / "bee", data_ / "bat", fs::copy_options::recursive);
  EXPECT_EQ(change(), "a class was added (bat)");
  Fingerprint turned = before_;
  std::swap(turned.classes[0], turned.classes[1]);
  turned.hash = "another";
  EXPECT_EQ(difference(before_, turned), "the classes are in another order");
}

TEST(Fingerprint, OfASetInMemorySeesItsLabels) {
  const test::TempFolder folder;
  test::write_idx_dataset(folder / "a", 20, 10, 1);
  test::write_idx_dataset(folder / "b", 20, 10, 1);
  const auto open = [&](const char* name) {
    return fingerprint(*open_dataset((folder / name).string(), Split::train));
  };
  EXPECT_EQ(difference(open("a"), open("b")), "");
  test::Bytes labels = test::read_bytes(folder / "b/train-labels-idx1-ubyte");
  std::swap(labels[8], labels[9]);
  test::write_bytes(folder / "b/train-labels-idx1-ubyte", labels);
  EXPECT_EQ(difference(open("a"), open("b")),
            "there are as many images as before (20), but others");
}

}  // namespace
}  // namespace alexnet
