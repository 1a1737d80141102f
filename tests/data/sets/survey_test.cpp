#include "data/sets/survey.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "data/image/fixtures.h"
#include "support/counting_dataset.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::HasSubstr;

// Of which two samples cannot be read: one damaged, one on a bad disk.
class BadDisk : public CountingDataset {
 public:
  BadDisk() : CountingDataset(20, {3}) {}
  void read(std::size_t index, StoredSample& stored) const override {
    if (index == 7) throw Error("cannot read it: Input/output error");
    CountingDataset::read(index, stored);
  }
};

TEST(Survey, WhatCannotBeReadIsListedAndTheRestIsRead) {
  const Survey result = survey(BadDisk(), 2, [](std::size_t) {});
  ASSERT_EQ(result.bad.size(), 2U);
  EXPECT_EQ(result.bad[0], (BadImage{3, "sample 3", "is broken", "sample 3"}));
  EXPECT_EQ(result.bad[1].index, 7U);
  EXPECT_THAT(result.bad[1].problem, HasSubstr("Input/output error"));
  EXPECT_EQ(result.samples[7].width, 0);
  EXPECT_EQ(result.samples[19].width, 8);
}

TEST(Survey, ExtensionsOfAnotherFormatAreMisnamed) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "a");
  const auto add = [&folder](const std::string& file, const std::string& name) {
    std::filesystem::copy(fixture("formats/" + file), folder / "a" / name);
  };
  add("lossy.webp", "1.jpg");
  add("plain.gif", "2.webp");
  add("raw.tif", "3.TIFF");
  add("xmp.jpg", "4.jpeg");
  add("color.bmp", "5.unusual");
  const DatasetPtr set = open_dataset(folder.path().string(), Split::train);
  const Survey result = survey(*set, 1, [](std::size_t) {});
  ASSERT_EQ(result.samples.size(), 5U);
  EXPECT_TRUE(result.bad.empty());
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(result.samples[i].misnamed, i < 2) << i;
}

}  // namespace
}  // namespace alexnet::test
