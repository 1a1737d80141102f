#include "data/shards/scan_cache.h"

#include <gmock/gmock.h>

#include "data/shards/webdataset.h"

namespace alexnet::test {
namespace {

using ScanCaching = WebDataset;

TEST_F(ScanCaching, AFileIsScannedOnce) {
  ScanCache cache(std::chrono::seconds(0));
  add_pair("a", "1");
  const auto path = write();
  const auto first = cache.get(path);
  EXPECT_EQ(first->samples.at(0).label, 1);
  EXPECT_EQ(cache.get(path), first);
  EXPECT_NE(ScanCache(std::chrono::seconds(0)).get(path), first);
}

TEST_F(ScanCaching, AnUnpackedFileStays) {
  ScanCache cache(std::chrono::seconds(0));
  add_pair("a", "1");
  write_gzip(folder_ / "x.tar.gz", archive_);
  EXPECT_NE(cache.get(folder_ / "x.tar.gz")->unpacked, nullptr);
  EXPECT_EQ(cache.get(folder_ / "x.tar.gz")->unpacked, cache.get(folder_ / "x.tar.gz")->unpacked);
}

TEST_F(ScanCaching, AChangedFileIsScannedAgain) {
  ScanCache cache(std::chrono::seconds(0));
  add_pair("a", "1");
  const auto path = write();
  const auto first = cache.get(path);
  add_pair("b", "2");
  write();
  EXPECT_EQ(cache.get(path)->samples.size(), 2U);
  EXPECT_EQ(first->samples.size(), 1U);
}

// Its time may stay the same when it changes once more.
TEST_F(ScanCaching, AFileThatHasJustChangedIsNotKept) {
  ScanCache cache(std::chrono::hours(1));
  add_pair("a", "1");
  const auto path = write();
  EXPECT_NE(cache.get(path), cache.get(path));
}

TEST_F(ScanCaching, LabelsDependOnTheNames) {
  ScanCache cache(std::chrono::seconds(0));
  add_pair("a", "bee");
  const auto path = write();
  EXPECT_EQ(cache.get(path, LabelNames({"ant", "bee"}))->samples.at(0).label, 1);
  EXPECT_EQ(cache.get(path, LabelNames({"bee", "ant"}))->samples.at(0).label, 0);
}

}  // namespace
}  // namespace alexnet::test
