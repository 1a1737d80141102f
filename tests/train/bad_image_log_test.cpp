#include "train/bad_image_log.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

BadImage empty_file(const std::string& folder) {
  return {.index = 3, .name = folder + "/a.jpg", .problem = "is an empty file", .key = "a.jpg"};
}

const std::string kFirst =
    R"({"image":"photos/a.jpg","key":"a.jpg","part":"train","problem":"is an empty file"})"
    "\n";

TEST(BadImageLog, ListsEachImageOnceOverResumptions) {
  const test::TempFolder folder;
  const auto file = folder / "bad_images.jsonl";
  {
    BadImageLog log(folder.path());
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_TRUE(log.add(empty_file("photos"), Split::train));
    EXPECT_FALSE(log.add(empty_file("photos"), Split::train));
  }
  EXPECT_EQ(read_text_file(file), kFirst);
  BadImageLog resumed(folder.path());
  EXPECT_EQ(resumed.size(), 1U);
  EXPECT_FALSE(resumed.add(empty_file("moved/photos"), Split::train));
  EXPECT_TRUE(
      resumed.add({.index = 4, .name = "photos/b.jpg", .problem = "is too \"bad\"", .key = "b.jpg"},
                  Split::train));
  EXPECT_EQ(
      read_text_file(file),
      kFirst + R"({"image":"photos/b.jpg","key":"b.jpg","part":"train","problem":"is too \"bad\""})"
               "\n");
}

TEST(BadImageLog, KeepsPartsApart) {
  const test::TempFolder folder;
  BadImageLog log(folder.path());
  EXPECT_TRUE(log.add(empty_file("photos"), Split::train));
  EXPECT_TRUE(log.add(empty_file("photos"), Split::validation));
}

TEST(BadImageLog, KnowsNamesThatAreNotUtf8) {
  const test::TempFolder folder;
  const BadImage image{
      .index = 3, .name = "p/\xE9.jpg", .problem = "is damaged", .key = "\xE9.jpg"};
  BadImageLog(folder.path()).add(image, Split::train);
  EXPECT_FALSE(BadImageLog(folder.path()).add(image, Split::train));
}

TEST(BadImageLog, CutsOffWhatAKilledProcessLeft) {
  const test::TempFolder folder;
  const auto file = folder / "bad_images.jsonl";
  write_text_file(file, kFirst + "{\"image\":\"photos/b.j");
  BadImageLog log(folder.path());
  EXPECT_EQ(log.size(), 1U);
  EXPECT_TRUE(log.add({.index = 4, .name = "photos/b.jpg", .problem = "is damaged", .key = "b.jpg"},
                      Split::train));
  EXPECT_EQ(read_text_file(file),
            kFirst +
                R"({"image":"photos/b.jpg","key":"b.jpg","part":"train","problem":"is damaged"})"
                "\n");
}

}  // namespace
}  // namespace alexnet
