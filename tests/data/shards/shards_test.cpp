#include "data/shards/shards.h"

#include <alexnet/loader.h>
#include <alexnet/pack.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "data/shards/archive.h"
#include "data/shards/pattern.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

class ReadingShards : public testing::Test {
 protected:
  ReadingShards() { write_image_folder(folder_ / "images", {"ant", "bee", "cat"}, 20, 12, 1); }
  PackResult pack_small(const std::string& to) const {
    return pack(folder_ / "images", folder_ / to, {.shard_bytes = 16'384});
  }
  DatasetPtr open(const std::string& data, Split split) const {
    return open_dataset((folder_ / data).string(), split);
  }
  // An archive by hand with one good pair and what the test adds.
  fs::path write_archive(const Bytes& more, const std::string& name = "x.tar") const {
    Bytes archive;
    append_member(archive, "good.png", png_of(folder_.path(), pattern(1, 8, 3, 1, 1)));
    append_member(archive, "good.cls", bytes_of("0\n"));
    append(archive, more);
    const fs::path path = folder_ / "other" / name;
    write_bytes(path, archive);
    return path;
  }

  TempFolder folder_;
};

TEST_F(ReadingShards, HoldTheSameImagesAsTheFolder) {
  const PackResult result = pack_small("shards");
  EXPECT_EQ(result.images, 120U);
  EXPECT_GT(result.shards, 6U);
  for (const Split split : {Split::train, Split::validation, Split::test}) {
    const DatasetPtr folder = open("images", split);
    const DatasetPtr shards = open("shards", split);
    EXPECT_EQ(shards->classes(), folder->classes());
    ASSERT_EQ(shards->size(), folder->size());
    std::multiset<std::pair<int, std::vector<std::uint8_t>>> expected;
    std::multiset<std::pair<int, std::vector<std::uint8_t>>> got;
    for (std::size_t i = 0; i < folder->size(); ++i) {
      const Sample a = folder->sample(i);
      const Sample b = shards->sample(i);
      expected.emplace(a.label, a.image.pixels);
      got.emplace(b.label, b.image.pixels);
    }
    EXPECT_EQ(got, expected);
  }
}

TEST_F(ReadingShards, WithoutTheIndexTheArchivesAreScanned) {
  pack_small("shards");
  const DatasetPtr indexed = open("shards", Split::train);
  fs::remove(folder_ / "shards" / "index.json");
  const DatasetPtr scanned = open("shards", Split::train);
  EXPECT_EQ(scanned->classes(), indexed->classes());  // of classes.txt
  ASSERT_EQ(scanned->size(), indexed->size());
  for (std::size_t i = 0; i < indexed->size(); ++i) {
    EXPECT_EQ(scanned->sample(i).image.pixels, indexed->sample(i).image.pixels);
    EXPECT_EQ(scanned->sample(i).label, indexed->sample(i).label);
  }
}

TEST_F(ReadingShards, APatternNamesTheArchives) {
  pack_small("shards");
  const DatasetPtr some = open("shards/train-{000000..000002}.tar", Split::train);
  EXPECT_LT(some->size(), open("shards", Split::train)->size());
  EXPECT_EQ(some->classes(), open("shards", Split::train)->classes());
  EXPECT_EQ(open("shards/train-{000000..000002}.tar", Split::validation), nullptr);
  EXPECT_ERROR(open("shards/train-{000000..000099}.tar", Split::train), "there is no",
               "train-0000");
}

TEST(ShardPattern, CountsAsWideAsItsFirstNumber) {
  EXPECT_THAT(expand_shard_pattern("a-{08..10}.tar"),
              ElementsAre("a-08.tar", "a-09.tar", "a-10.tar"));
  EXPECT_THAT(expand_shard_pattern("one.tar"), ElementsAre("one.tar"));
  EXPECT_EQ(expand_shard_pattern("{0..1}/{0..2}.tar").size(), 6U);
  EXPECT_THAT(expand_shard_pattern("{4294967294..4294967295}.tar"),
              ElementsAre("4294967294.tar", "4294967295.tar"));
  EXPECT_THAT(expand_shard_pattern("{a,b}-{0..1}.tar::c.tar"),
              ElementsAre("a-0.tar", "a-1.tar", "b-0.tar", "b-1.tar", "c.tar"));
  EXPECT_THAT(
      expand_shard_pattern("{train-{0..1},val-{x,y{1,2}},t}.tar"),
      ElementsAre("train-0.tar", "train-1.tar", "val-x.tar", "val-y1.tar", "val-y2.tar", "t.tar"));
  for (const char* bad : {"{a,{b}.tar", "{a,{b,c}", "{{0..1}}.tar", "{a..b}.tar", "{3..1}.tar",
                          "{1..", "{}.tar", "{a}.tar", "{0..999999}{0..999999}.tar"}) {
    EXPECT_ERROR(expand_shard_pattern(bad), "no pattern of shards");
  }
}

TEST_F(ReadingShards, OthersArchivesMayBeOfAnyOrderOfMembers) {
  Bytes more;
  append_member(more, "a/b.c/key.cls", bytes_of("2"));
  append_member(more, "a/b.c/key.json", bytes_of("{}"));
  append_member(more, "a/b.c/key.PNG", png_of(folder_.path(), pattern(2, 8, 3, 1, 2)));
  write_archive(more);
  const DatasetPtr set = open("other", Split::train);
  ASSERT_EQ(set->size(), 2U);
  EXPECT_EQ(set->sample(1).label, 2);
  EXPECT_EQ(set->sample(1).image.pixels, pattern(2, 8, 3, 1, 2).pixels);
  EXPECT_THAT(set->classes(), ElementsAre("0", "1", "2"));
}

TEST_F(ReadingShards, LongNamesAreRead) {
  const std::string key(150, 'k');
  Bytes more;
  append_member(more, "././@LongLink", bytes_of(key + ".png"));
  more[156] = 'L';
  sign_header(more);
  append_member(more, "cut off", png_of(folder_.path(), pattern(2, 8, 3, 1, 2)));
  Bytes extended;  // pax
  append_member(extended, "pax", bytes_of(fmt::format("164 path={}.cls\n", key)));
  extended[156] = 'x';
  sign_header(extended);
  append(more, extended);
  append_member(more, "cut off too", bytes_of("4"));
  write_archive(more);
  const DatasetPtr set = open("other", Split::train);
  ASSERT_EQ(set->size(), 2U);
  EXPECT_EQ(set->sample(1).label, 4);
}

TEST_F(ReadingShards, NumberFieldsMayBeginWithNulOrBeEmpty) {
  Bytes empty;
  append_member(empty, "good.json", {});
  std::fill_n(empty.begin() + 124, 12, std::uint8_t{0});
  sign_header(empty);
  Bytes pair;
  append_member(pair, "more.png", png_of(folder_.path(), pattern(2, 8, 3, 1, 2)));
  pair[124] = 0;
  sign_header(pair);
  append_member(pair, "more.cls", bytes_of("3"));
  append(empty, pair);
  write_archive(empty);
  EXPECT_EQ(open("other", Split::train)->size(), 2U);
}

TEST_F(ReadingShards, APaxSizeThatIsNoNumberIsDamage) {
  Bytes more;
  append_member(more, "pax", bytes_of("13 size=12x4\n"));
  more[156] = 'x';
  sign_header(more);
  append_member(more, "a.png", Bytes(12, 7));
  append_member(more, "a.cls", bytes_of("4"));
  write_archive(more);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "12x4");
}

TEST_F(ReadingShards, DamageIsNamed) {
  Bytes no_class;
  append_member(no_class, "lonely.png", bytes_of("?"));
  write_archive(no_class);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "lonely.png", ".cls");

  Bytes bad_class;
  append_member(bad_class, "odd.cls", bytes_of("dog"));
  append_member(bad_class, "odd.png", bytes_of("?"));
  write_archive(bad_class);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "odd.cls", "'dog'");

  Bytes whole;
  append_member(whole, "last.png", Bytes(2000, 7));
  Bytes cut = whole;
  cut.resize(1500);
  write_archive(cut);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "cut short", "last.png");

  Bytes flipped = whole;
  flipped[3] ^= 1U;
  write_archive(flipped);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "wrong checksum");

  Bytes undecodable;
  append_member(undecodable, "bad.png", bytes_of("no picture"));
  append_member(undecodable, "bad.cls", bytes_of("0"));
  write_archive(undecodable);
  EXPECT_ERROR(open("other", Split::train)->sample(1), "x.tar: bad.png");
}

TEST_F(ReadingShards, AFlippedBitOfAnImageIsFound) {
  pack_small("shards");
  const fs::path shard = folder_ / "shards" / "train-000001.tar";
  Bytes bytes = read_bytes(shard);
  bytes[512 + 100] ^= 1U;
  write_bytes(shard, bytes);
  const DatasetPtr set = open("shards", Split::train);
  EXPECT_ERROR(
      [&] {
        for (std::size_t i = 0; i < set->size(); ++i) set->sample(i);
      }(),
      "train-000001.tar: ", ".png", "checksum");
}

TEST_F(ReadingShards, ShardsThatDoNotFitTheIndexAreRefused) {
  pack_small("shards");
  fs::resize_file(folder_ / "shards" / "train-000000.tar", 4096);
  EXPECT_ERROR(open("shards", Split::train), "train-000000.tar", "4096", "index.json");
  write_text(folder_ / "shards" / "index.json", R"({"format":"alexnet shards 1","classes":[]})");
  EXPECT_ERROR(open("shards", Split::train), "index.json", "damaged");
}

TEST_F(ReadingShards, AClassBeyondAllReasonIsRefused) {
  Bytes more;
  append_member(more, "huge.png", bytes_of("?"));
  append_member(more, "huge.cls", bytes_of("5000000"));
  write_archive(more);
  EXPECT_ERROR(open("other", Split::train), "x.tar", "huge.cls", "5000000");
}

TEST_F(ReadingShards, APartWithoutImagesIsDamage) {
  write_text(folder_ / "other" / "index.json",
             R"({"format":"alexnet shards 1","classes":["a"],"parts":{"train":[]}})");
  EXPECT_ERROR(open("other", Split::train), "index.json", "'train' has no images");
  write_text(folder_ / "other" / "index.json",
             R"({"format":"alexnet shards 1","classes":["a"],"parts":{}})");
  EXPECT_ERROR(open("other", Split::train), "index.json", "no parts");
  write_text(folder_ / "other" / "index.json",
             R"({"format":"alexnet shards 1","classes":["a"],"parts":{"validation":[]}})");
  EXPECT_ERROR(open("other", Split::train), "index.json", "'validation' is no part");
}

TEST_F(ReadingShards, AnIndexThatMakesNoSenseIsDamage) {
  const auto index_with = [&](const char* file, const std::vector<int>& sizes,
                              const nlohmann::json& label) {
    const nlohmann::json shard{{"file", file},   {"bytes", 2048},
                               {"crc32", 0},     {"offsets", {512}},
                               {"sizes", sizes}, {"labels", nlohmann::json::array({label})},
                               {"crc32s", {0}}};
    const nlohmann::json index{{"format", "alexnet shards 1"},
                               {"classes", {"a"}},
                               {"parts", {{"train", nlohmann::json::array({shard})}}}};
    write_text(folder_ / "other" / "index.json", index.dump());
    return [&] { open("other", Split::train); };
  };
  const auto says = [](const char* why) {
    return ::testing::ThrowsMessage<Error>(contains_all({"index.json is damaged: ", why}));
  };
  EXPECT_THAT(index_with("x.tar", {2000}, 0),
              says("a sample of x.tar at byte 512, of 2000 bytes and class 0, cannot be"));
  EXPECT_THAT(index_with("x.tar", {9}, 1), says("of 9 bytes and class 1, cannot be"));
  EXPECT_THAT(index_with("x.tar", {9, 9}, 0), says("its lists of x.tar differ in length"));
  EXPECT_THAT(index_with("x.zip", {9}, 0), says("'x.zip' is no shard's name"));
  EXPECT_THAT(index_with("x.tar", {9}, "a"), says("a field is missing or of another type"));
}

TEST_F(ReadingShards, AMissingShardSpoilsItsOwnPartOnly) {
  pack_small("shards");
  fs::remove(folder_ / "shards" / "val-000000.tar");
  EXPECT_EQ(open("shards", Split::train)->size(), 60U);
  EXPECT_ERROR(open("shards", Split::validation), "val-000000.tar");
}

TEST_F(ReadingShards, ArchivesAndIndexesBesideClassFoldersMakeNoShards) {
  write_text(folder_ / "images" / "ILSVRC2012_img_val.tar", "as it came");
  write_text(folder_ / "images" / "index.json", "{}");
  EXPECT_EQ(open("images", Split::train)->size(), 60U);
  EXPECT_EQ(open("images/train", Split::train)->classes().size(), 3U);
}

TEST_F(ReadingShards, ArchivesOfPartsStayShardsBesideOtherFolders) {
  write_archive({}, "train-0.tar");
  fs::create_directories(folder_ / "other" / "lost+found");
  EXPECT_EQ(open("other", Split::train)->size(), 1U);
}

TEST_F(ReadingShards, AnothersIndexIsLeftOut) {
  write_archive({});
  write_text(folder_ / "other" / "index.json", R"({"shards":["x.tar"]})");
  EXPECT_EQ(open("other", Split::train)->size(), 1U);
}

TEST_F(ReadingShards, PartsWithoutNamesHaveTheSameClasses) {
  Bytes more;
  append_member(more, "more.png", png_of(folder_.path(), pattern(2, 8, 3, 1, 2)));
  append_member(more, "more.cls", bytes_of("4"));
  write_archive(more, "train-0.tar");
  write_archive({}, "val-0.tar");
  EXPECT_THAT(open("other", Split::train)->classes(), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(open("other", Split::validation)->classes(), ElementsAre("0", "1", "2", "3", "4"));
}

std::vector<std::uint32_t> order(const Dataset& set, std::uint32_t epoch, Rank rank = {}) {
  return set.stream_order({.seed = 5, .purpose = Purpose::order, .major = epoch}, rank).value();
}

TEST_F(ReadingShards, AnEpochsOrderIsAPermutationAndAnotherEachTime) {
  pack_small("shards");
  const DatasetPtr set = open("shards", Split::train);
  const auto first = order(*set, 0);
  auto sorted = first;
  std::ranges::sort(sorted);
  std::vector<std::uint32_t> all(set->size());
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(sorted, all);
  EXPECT_EQ(first, order(*set, 0));
  EXPECT_NE(first, order(*set, 1));
}

TEST_F(ReadingShards, TheBufferMixesWhatIsNearInTheStream) {
  constexpr std::uint32_t kSamples = 5000;
  Bytes archive;
  for (std::uint32_t i = 0; i < kSamples; ++i) {
    append_member(archive, fmt::format("{:05}.png", i), bytes_of("?"));
    append_member(archive, fmt::format("{:05}.cls", i), bytes_of("0"));
  }
  write_bytes(folder_ / "long" / "x.tar", archive);
  const auto epoch = order(*open("long", Split::train), 0);
  auto sorted = epoch;
  std::ranges::sort(sorted);
  std::vector<std::uint32_t> all(kSamples);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(sorted, all);
  for (std::size_t i = 0; i < epoch.size(); ++i) EXPECT_LE(epoch[i], i + kShuffleBuffer);
  EXPECT_GT(epoch[0] + epoch[1] + epoch[2] + epoch[3], 100U);  // not the first of all
}

TEST_F(ReadingShards, RanksShareAnEpochWithoutOverlap) {
  pack_small("shards");
  const DatasetPtr set = open("shards", Split::train);
  std::set<std::uint32_t> seen;
  for (int rank = 0; rank < 7; ++rank) {
    const auto part = order(*set, 3, {.index = rank, .count = 7});
    EXPECT_EQ(part.size(), set->size() / 7);
    seen.insert(part.begin(), part.end());
  }
  EXPECT_EQ(seen.size(), set->size() / 7 * 7);
}

TEST_F(ReadingShards, AHeldOutPartIsReadInTheStreamsOrderToo) {
  pack_small("shards");
  const HoldOut parts = hold_out(open("shards", Split::train), 0.25, 1);
  auto part = order(*parts.train, 0);
  std::ranges::sort(part);
  std::vector<std::uint32_t> all(parts.train->size());
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(part, all);
}

// The samples of an epoch from a batch on.
std::vector<std::uint32_t> indices(const DatasetPtr& set, int workers, int first_batch, Rank rank) {
  Loader loader(set, {.batch_size = 4,
                      .workers = workers,
                      .seed = 9,
                      .shuffle = true,
                      .preprocess = {.resize = 12, .crop = 12},
                      .rank = rank});
  std::vector<std::uint32_t> all;
  loader.start(2, first_batch);
  while (const Batch* batch = loader.next()) {
    all.insert(all.end(), batch->indices.begin(), batch->indices.end());
  }
  return all;
}

TEST_F(ReadingShards, TheLoaderResumesAtTheSampleWithAnyNumberOfWorkers) {
  pack_small("shards");
  const DatasetPtr set = open("shards", Split::train);
  for (const Rank rank : {Rank{}, Rank{.index = 1, .count = 3}}) {
    const auto whole = indices(set, 1, 0, rank);
    EXPECT_EQ(whole, indices(set, 3, 0, rank));
    EXPECT_EQ(std::vector(whole.begin() + 12, whole.end()), indices(set, 2, 3, rank));
  }
}

}  // namespace
}  // namespace alexnet::test
