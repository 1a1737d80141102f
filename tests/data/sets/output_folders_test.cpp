// Folders of runs and of explanations, of which no image belongs to a set.
#include <alexnet/dataset.h>
#include <gmock/gmock.h>

#include "data/sets/folders.h"
#include "data/sets/split.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;

class OutputFolders : public Folders {};

TEST_F(OutputFolders, RunsAreNoClasses) {
  for (const char* path : {"a/1.png", "b/1.png"}) add(path);
  write_text(folder_ / "runs/data-1/config.json", "{}");
  write_text(folder_ / "runs/data-1/metrics.jsonl", "");
  std::filesystem::create_directories(folder_ / "runs/data-2");
  write_text(folder_ / "mine/config.json", "{}");
  write_text(folder_ / "mine/last.safetensors", "");
  write_text(folder_ / "begun/.lock", "");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("a", "b"));
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored,
              ElementsAre("begun", "mine", "runs"));
}

TEST_F(OutputFolders, RunsInAPartAreIgnoredToo) {
  for (const char* path : {"train/a/1.png", "train/b/1.png", "test/a/1.png"}) add(path);
  write_text(folder_ / "train/runs/1/config.json", "{}");
  write_text(folder_ / "train/runs/1/metrics.jsonl", "");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("a", "b"));
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored, ElementsAre("train/runs"));
}

TEST_F(OutputFolders, AClassMayHoldALockOfOthers) {
  for (const char* path : {"a/1.png", "b/1.png"}) add(path);
  write_text(folder_ / "b/.lock", "");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("a", "b"));
}

TEST_F(OutputFolders, OfExplanationsAreNoClasses) {
  for (const char* path : {"a/1.png", "b/1.png", "explained/1.png"}) add(path);
  write_text(folder_ / "explained/explain.html", "");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("a", "b"));
}

TEST_F(OutputFolders, OfExplanationsHoldNoFolders) {
  for (const char* path : {"train/a/1.png", "train/b/1.png"}) add(path);
  write_text(folder_ / "train/explain.html", "");
  EXPECT_EQ(open(Split::train)->size(), 2U);
}

TEST_F(OutputFolders, OfExplanationsAndRunsAreNotOfTheirClass) {
  for (const char* path : {"a/1.png", "b/1.png", "a/explained/1.png", "b/more/run/1.png"}) {
    add(path);
  }
  write_text(folder_ / "a/explained/explain.html", "");
  write_text(folder_ / "b/more/run/config.json", "{}");
  EXPECT_EQ(open(Split::train)->size(), 3U);
  write_text(folder_ / "b/more/run/metrics.jsonl", "");
  const DatasetPtr set = open(Split::train);
  EXPECT_EQ(set->size(), 2U);
  ASSERT_EQ(set->left_out().size(), 1U);
  EXPECT_EQ(set->left_out()[0].example, "a/explained");
}

}  // namespace
}  // namespace alexnet::test
