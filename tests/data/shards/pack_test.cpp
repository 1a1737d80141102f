#include <alexnet/dataset.h>
#include <alexnet/pack.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "data/image/fixtures.h"
#include "data/shards/archive.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

namespace fs = std::filesystem;

class Packing : public testing::Test {
 protected:
  Packing() { write_image_folder(folder_ / "images", {"ant", "bee", "cat"}, 20, 12, 1); }
  PackResult pack_small(const std::string& to) const {
    return pack(folder_ / "images", folder_ / to, {.shard_bytes = 32'768});
  }
  DatasetPtr open(const std::string& data, Split split) const {
    return open_dataset((folder_ / data).string(), split);
  }

  TempFolder folder_;
};

TEST_F(Packing, PackingAgainGivesTheSameBytes) {
  pack_small("a");
  pack_small("b");
  pack(folder_ / "images", folder_ / "b", {.shard_bytes = 100'000});  // fewer
  pack_small("b");
  EXPECT_EQ(contents(folder_ / "a"), contents(folder_ / "b"));
}

TEST_F(Packing, AShardHoldsNoMoreThanItsSize) {
  pack_small("shards");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "shards")) {
    if (entry.path().extension() != ".tar") continue;
    EXPECT_LE(entry.file_size(), 32'768U);
  }
}

TEST_F(Packing, TheClassesAreMixed) {
  pack_small("shards");
  const DatasetPtr train = open("shards", Split::train);
  std::set<std::int32_t> first;
  for (std::size_t i = 0; i < 12; ++i) first.insert(train->sample(i).label);
  EXPECT_EQ(first.size(), 3U);
}

TEST_F(Packing, ImagesOfEveryFormatKeepTheirBytes) {
  std::map<std::string, Bytes> originals;
  for (const std::string name : {"lossy.webp", "raw.tif", "plain.gif", "color.bmp", "xmp.jpg"}) {
    const Bytes bytes = read_bytes(fixture("formats/" + name));
    write_bytes(folder_ / "mixed" / "a" / name, bytes);
    originals[fs::path(name).extension()] = bytes;
  }
  pack(folder_ / "mixed", folder_ / "shards");
  const auto expect_originals = [&originals](const Dataset& set) {
    ASSERT_EQ(set.size(), originals.size());
    StoredSample sample;
    for (std::size_t i = 0; i < set.size(); ++i) {
      set.read(i, sample);
      const std::string extension = fs::path(sample.name).extension();
      EXPECT_TRUE(std::ranges::equal(sample.file, originals.at(extension))) << extension;
    }
  };
  expect_originals(*open("shards", Split::train));
  fs::remove(folder_ / "shards" / "index.json");  // then the archive is looked through
  expect_originals(*open("shards", Split::train));
}

TEST_F(Packing, FoldersWithOtherThingsAreRefusedAndLeftAlone) {
  write_text(folder_ / "mine" / "precious.tar", "mine");
  EXPECT_ERROR(pack_small("mine"), "precious.tar");
  write_text(folder_ / "mine" / "index.json", "{}");
  EXPECT_ERROR(pack_small("mine"), "index.json", "folder of its own");
  EXPECT_EQ(contents(folder_ / "mine"), (std::map<std::string, Bytes>{
                                            {"precious.tar", bytes_of("mine")},
                                            {"index.json", bytes_of("{}")},
                                        }));
  pack_small("shards");
  write_text(folder_ / "shards" / "precious.tar", "mine");
  EXPECT_ERROR(pack_small("shards"), "precious.tar");
  EXPECT_TRUE(fs::exists(folder_ / "shards" / "precious.tar"));
  EXPECT_ERROR(pack(folder_ / "absent", folder_ / "x"), "absent");
}

TEST_F(Packing, ASetWithADamagedIndexIsLeftAlone) {
  pack_small("shards");
  write_text(folder_ / "shards" / "index.json", R"({"format":"alexnet shards 1","classes":)");
  const auto earlier = contents(folder_ / "shards");
  EXPECT_ERROR(pack_small("shards"), "index.json", "damaged", "remove that set");
  EXPECT_EQ(contents(folder_ / "shards"), earlier);
}

TEST_F(Packing, AFailureLeavesTheEarlierSet) {
  pack_small("shards");
  const auto earlier = contents(folder_ / "shards");
  const fs::path bad = folder_ / "images" / "val" / "bee" / "bad.jpg";
  write_text(bad, "no image");
  EXPECT_ERROR(pack_small("shards"), "bad.jpg");
  EXPECT_EQ(contents(folder_ / "shards"), earlier);
  EXPECT_ERROR(pack_small("fresh"), "bad.jpg");
  EXPECT_TRUE(contents(folder_ / "fresh").empty());
  fs::remove(bad);
  write_png(folder_ / "images" / "val" / "bee" / "new.png", pattern(0, 8, 3, 1, 1));
  EXPECT_EQ(pack_small("shards").images, 121U);
  pack_small("fresh");
  EXPECT_EQ(contents(folder_ / "shards"), contents(folder_ / "fresh"));
}

// Killed at any moment it leaves the earlier set, or one that nobody takes for whole.
TEST_F(Packing, WhatAKilledPackLeavesIsRefusedAndReplaced) {
  pack_small("shards");
  const auto whole = contents(folder_ / "shards");
  write_text(folder_ / "shards" / ".packing" / "train-000000.tar.partial", "half");
  EXPECT_EQ(open("shards", Split::train)->size(), 60U);
  fs::remove(folder_ / "shards" / "train-000002.tar");
  EXPECT_ERROR(open("shards", Split::train), "train-000002.tar");
  pack_small("shards");
  EXPECT_EQ(contents(folder_ / "shards"), whole);
}

TEST_F(Packing, SaysWhatItLeavesOut) {
  write_text(folder_ / "images" / "val" / "bee" / "phone.heic", "");
  const PackResult result = pack_small("shards");
  EXPECT_EQ(result.left_out, (std::vector<LeftOut>{{".heic, a format that is not read", 1,
                                                    folder_ / "images/val/bee/phone.heic"}}));
}

TEST_F(Packing, PartsWithOtherClassesAreRefused) {
  fs::remove_all(folder_ / "images" / "train");
  EXPECT_EQ(pack_small("same").images, 60U);
  fs::rename(folder_ / "images" / "test" / "bee", folder_ / "images" / "test" / "dog");
  EXPECT_ERROR(pack_small("shards"), "images/val", "images/test", "different class");
}

TEST_F(Packing, ValidationImagesAloneAreNoTrainingSet) {
  fs::remove_all(folder_ / "images" / "train");
  fs::remove_all(folder_ / "images" / "test");
  pack_small("shards");
  EXPECT_EQ(open("shards", Split::validation)->size(), 30U);
  EXPECT_EQ(open("shards", Split::train), nullptr);
  EXPECT_EQ(open("shards", Split::test), nullptr);
}

TEST_F(Packing, ALoopOfLinksIsAnError) {
  fs::create_directory_symlink(folder_ / "images" / "train" / "ant",
                               folder_ / "images" / "train" / "ant" / "loop");
  EXPECT_ERROR(pack_small("shards"), "ant/loop is a link that leads back", "remove it");
}

}  // namespace
}  // namespace alexnet::test
