#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "data/expect_error.h"
#include "data/fixtures.h"
#include "data/temp_data.h"

namespace alexnet::test {
namespace {

class Folders : public ::testing::Test {
 protected:
  DatasetPtr open(Split split) const { return open_dataset(folder_.path().string(), split); }
  void add(const std::string& path) const { write_png(folder_ / path, pattern(0, 8, 3, 1, 0)); }

  TempFolder folder_;
};

std::map<std::int32_t, int> count_labels(const Dataset& dataset) {
  std::map<std::int32_t, int> counts;
  for (std::size_t i = 0; i < dataset.size(); ++i) ++counts[dataset.sample(i).label];
  return counts;
}

TEST_F(Folders, SplitsBelowTrainValAndTest) {
  write_image_folder(folder_.path(), {"dog", "cat"}, 4, 8, 1);
  const DatasetPtr train = open(Split::train);
  EXPECT_THAT(train->classes(), ::testing::ElementsAre("cat", "dog"));
  EXPECT_THAT(count_labels(*train), ::testing::ElementsAre(std::pair{0, 4}, std::pair{1, 4}));
  EXPECT_EQ(train->channels(), 3);
  EXPECT_FALSE(train->uniform_size());
  EXPECT_EQ(train->sample(0).image.pixels, pattern(1, 8, 3, 1, 4).pixels);
  EXPECT_EQ(open(Split::validation)->size(), 4U);
  EXPECT_EQ(open(Split::test)->size(), 4U);
}

TEST_F(Folders, ClassFoldersDirectly) {
  write_class_folders(folder_.path(), {"a", "b", "c"}, 2, 8, 1);
  EXPECT_EQ(open(Split::train)->size(), 6U);
  EXPECT_EQ(open(Split::validation), nullptr);
  EXPECT_EQ(open(Split::test)->size(), 6U);
}

TEST_F(Folders, TakesNestedFilesAndLeavesOutTheRest) {
  add("a/deep/er/1.PNG");
  add("a/no_extension");
  add("a/.hidden.png");
  add("a/.thumbnails/1.png");
  add(".git/1.png");
  write_text(folder_ / "a/readme.txt", "not an image");
  write_text(folder_ / "notes.txt", "not a class");
  std::filesystem::create_directories(folder_ / "b");
  std::filesystem::copy(fixture("color.jpg"), folder_ / "b/photo.JPeG");
  std::filesystem::copy(fixture("color.jpg"), folder_ / "b/photo.webp");
  const DatasetPtr train = open(Split::train);
  EXPECT_THAT(train->classes(), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(count_labels(*train), ::testing::ElementsAre(std::pair{0, 2}, std::pair{1, 2}));
}

TEST_F(Folders, ClassesMayBeMissingOutsideTraining) {
  add("train/a/1.png");
  add("train/b/1.png");
  add("val/b/1.png");
  const DatasetPtr validation = open(Split::validation);
  EXPECT_THAT(validation->classes(), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(count_labels(*validation), ::testing::ElementsAre(std::pair{1, 1}));
  EXPECT_ERROR(open(Split::test), "no folder test");
}

TEST_F(Folders, UnknownClassesAreRefused) {
  add("train/a/1.png");
  add("val/z/1.png");
  EXPECT_ERROR(open(Split::validation), "val/z", "training set does not have");
}

TEST_F(Folders, AClassMayBeCalledTrain) {
  add("train/1.png");
  add("plane/1.png");
  EXPECT_THAT(open(Split::train)->classes(), ::testing::ElementsAre("plane", "train"));
}

TEST_F(Folders, SplitsWithoutClassFoldersAreRefused) {
  add("train/1.png");
  add("test/1.png");
  EXPECT_ERROR(open(Split::train), "train", "no class folders");
}

TEST_F(Folders, EmptyFoldersAreRefused) {
  EXPECT_ERROR(open(Split::train), folder_.path().string(), "no class folders");
  add("train/a/1.png");
  std::filesystem::create_directories(folder_ / "train/b");
  EXPECT_ERROR(open(Split::train), "train/b", "no JPEG or PNG");
}

TEST_F(Folders, LoopsOfLinksAreRefused) {
  add("a/1.png");
  std::filesystem::create_directory_symlink(folder_ / "a", folder_ / "a/loop");
  EXPECT_ERROR(open(Split::train), "cannot read", folder_.path().string(), "symbolic links");
}

TEST_F(Folders, DamagedImagesAreNamed) {
  add("a/1.png");
  write_text(folder_ / "a/2.png", "no image at all");
  const DatasetPtr train = open(Split::train);
  EXPECT_EQ(train->sample(0).label, 0);
  EXPECT_ERROR(train->sample(1), "a/2.png", "neither");
}

}  // namespace
}  // namespace alexnet::test
