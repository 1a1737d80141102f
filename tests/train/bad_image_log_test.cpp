#include "train/bad_image_log.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "temp_folder.h"

namespace alexnet {
namespace {

TEST(BadImageLogTest, ListsEachImageOnceOverResumptions) {
  const test::TempFolder folder;
  const auto file = folder / "bad_images.jsonl";
  {
    BadImageLog log(folder.path());
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_TRUE(log.add({.index = 3, .name = "a.jpg", .problem = "is an empty file"}));
    EXPECT_FALSE(log.add({.index = 3, .name = "a.jpg", .problem = "is an empty file"}));
  }
  const std::string first = "{\"image\":\"a.jpg\",\"problem\":\"is an empty file\"}\n";
  EXPECT_EQ(read_text_file(file), first);
  BadImageLog resumed(folder.path());
  EXPECT_EQ(resumed.size(), 1U);
  EXPECT_FALSE(resumed.add({.index = 3, .name = "a.jpg", .problem = "is an empty file"}));
  EXPECT_TRUE(resumed.add({.index = 4, .name = "b.jpg", .problem = "is too \"bad\""}));
  EXPECT_EQ(read_text_file(file),
            first + "{\"image\":\"b.jpg\",\"problem\":\"is too \\\"bad\\\"\"}\n");
}

TEST(BadImageLogTest, CutsOffWhatAKilledProcessLeft) {
  const test::TempFolder folder;
  const auto file = folder / "bad_images.jsonl";
  const std::string first = "{\"image\":\"a.jpg\",\"problem\":\"is an empty file\"}\n";
  write_text_file(file, first + "{\"image\":\"b.j");
  BadImageLog log(folder.path());
  EXPECT_EQ(log.size(), 1U);
  EXPECT_TRUE(log.add({.index = 4, .name = "b.jpg", .problem = "is damaged"}));
  EXPECT_EQ(read_text_file(file), first + "{\"image\":\"b.jpg\",\"problem\":\"is damaged\"}\n");
}

}  // namespace
}  // namespace alexnet
