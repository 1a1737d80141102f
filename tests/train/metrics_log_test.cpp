#include "train/metrics_log.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/file.h"
#include "support/expect_error.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

TEST(MetricsLog, AppendsLines) {
  const test::TempFolder folder;
  MetricsLog log(folder / "metrics.jsonl", 0);
  log.write("one");
  log.write("two");
  EXPECT_EQ(log.sync(), 8U);
  EXPECT_EQ(read_text_file(folder / "metrics.jsonl"), "one\ntwo\n");
}

TEST(MetricsLog, CutsBackToTheCheckpointAndGoesOnThere) {
  const test::TempFolder folder;
  const auto path = folder / "metrics.jsonl";
  write_text_file(path, "one\ntwo\nthree\nfo");
  MetricsLog log(path, 8);
  log.write("3");
  EXPECT_EQ(log.sync(), 10U);
  EXPECT_EQ(read_text_file(path), "one\ntwo\n3\n");
}

TEST(MetricsLog, KeepsAShorterFile) {
  const test::TempFolder folder;
  const auto path = folder / "metrics.jsonl";
  write_text_file(path, "one\n");
  MetricsLog log(path, std::numeric_limits<std::uint64_t>::max());
  log.write("two");
  EXPECT_EQ(read_text_file(path), "one\ntwo\n");
}

TEST(MetricsLog, SaysWhereItCannotWrite) {
  const test::TempFolder folder;
  EXPECT_ERROR(MetricsLog(folder / "absent" / "metrics.jsonl", 0), "absent/metrics.jsonl",
               "No such file");
  MetricsLog log(folder / "metrics.jsonl", 0);
  const test::FileSizeLimit full(2);
  EXPECT_ERROR(log.write("more than two bytes"), "metrics.jsonl", "File too large");
}

}  // namespace
}  // namespace alexnet
