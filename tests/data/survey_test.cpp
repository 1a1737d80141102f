#include "data/survey.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include "data/counting_dataset.h"

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

TEST(SurveyTest, WhatCannotBeReadIsListedAndTheRestIsRead) {
  const Survey result = survey(BadDisk(), 2, [](std::size_t) {});
  ASSERT_EQ(result.bad.size(), 2U);
  EXPECT_EQ(result.bad[0], (BadImage{3, "sample 3", "is broken"}));
  EXPECT_EQ(result.bad[1].index, 7U);
  EXPECT_THAT(result.bad[1].problem, HasSubstr("Input/output error"));
  EXPECT_EQ(result.samples[7].width, 0);
  EXPECT_EQ(result.samples[19].width, 8);
}

}  // namespace
}  // namespace alexnet::test
