#include <alexnet/loader.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "support/counting_dataset.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

LoaderOptions options(int workers = 2) {
  return {.batch_size = 4,
          .workers = workers,
          .seed = 11,
          .shuffle = true,
          .preprocess = {.resize = 8, .crop = 8, .channels = 1},
          .augmentation = Augmentation{.padding = 2, .flip = true}};
}

std::vector<Batch> read_epoch(Loader& loader, std::uint32_t epoch, int first_batch = 0) {
  std::vector<Batch> batches;
  loader.start(epoch, first_batch);
  while (const Batch* batch = loader.next()) batches.push_back(*batch);
  return batches;
}

void expect_same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].indices, b[i].indices);
    EXPECT_EQ(a[i].labels, b[i].labels);
    EXPECT_EQ(a[i].pixels, b[i].pixels);
  }
}

std::vector<std::uint32_t> indices(const std::vector<Batch>& batches) {
  std::vector<std::uint32_t> all;
  for (const Batch& batch : batches) {
    all.insert(all.end(), batch.indices.begin(), batch.indices.end());
  }
  return all;
}

TEST(Loader, GivesEverySampleOnceAndInOrder) {
  Loader loader(std::make_shared<CountingDataset>(10),
                {.batch_size = 4, .preprocess = {.resize = 16, .crop = 12, .channels = 3}});
  EXPECT_EQ(loader.batches_per_epoch(), 3);
  EXPECT_EQ(loader.samples_per_epoch(), 10U);
  const std::vector<Batch> batches = read_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[1].count, 4);
  EXPECT_EQ(batches[2].count, 2);
  EXPECT_EQ(batches[2].size, 12);
  EXPECT_EQ(batches[2].channels, 3);
  EXPECT_THAT(batches[2].labels, ::testing::ElementsAre(8, 9));
  EXPECT_EQ(batches[2].pixels.size(), 2U * 12 * 12 * 3);
  EXPECT_EQ(batches[2].pixels.back(), 9);
  const Images images = batches[2].images();
  EXPECT_EQ(images.count, 2);
  EXPECT_EQ(images.bytes.size(), batches[2].pixels.size());
}

TEST(Loader, ShufflesAnewEveryEpoch) {
  Loader loader(std::make_shared<CountingDataset>(50), options());
  std::vector<std::uint32_t> first = indices(read_epoch(loader, 0));
  std::vector<std::uint32_t> second = indices(read_epoch(loader, 1));
  EXPECT_NE(first, second);
  std::vector<std::uint32_t> all(50);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_NE(first, all);
  EXPECT_TRUE(std::ranges::is_permutation(first, all));
  EXPECT_TRUE(std::ranges::is_permutation(second, all));
}

TEST(Loader, DoesNotDependOnTheNumberOfWorkers) {
  const auto dataset = std::make_shared<CountingDataset>(70);
  Loader one(dataset, options(1));
  Loader three(dataset, options(3));
  for (const std::uint32_t epoch : {0U, 5U, 0U}) {
    expect_same(read_epoch(one, epoch), read_epoch(three, epoch));
  }
}

TEST(Loader, AugmentsByEpochAndSample) {
  const TempFolder folder;
  write_idx_dataset(folder.path(), 20, 10, 1);
  const DatasetPtr set = open_dataset(folder.path().string(), Split::train);
  LoaderOptions settings = options();
  settings.shuffle = false;
  settings.preprocess = {.resize = 28, .crop = 28, .channels = 1};
  Loader loader(set, settings);
  const std::vector<Batch> first = read_epoch(loader, 0);
  EXPECT_NE(first[0].pixels, read_epoch(loader, 1)[0].pixels);
  const Image expected =
      augment(set->sample(5).image, settings.preprocess, *settings.augmentation,
              {.seed = 11, .purpose = Purpose::augmentation, .major = 0, .minor = 5});
  const auto start = first[1].pixels.begin() + 28 * 28;
  EXPECT_TRUE(std::equal(expected.pixels.begin(), expected.pixels.end(), start));
}

TEST(Loader, ResumesInTheMiddleOfAnEpoch) {
  Loader loader(std::make_shared<CountingDataset>(50), options());
  std::vector<Batch> whole = read_epoch(loader, 3);
  whole.erase(whole.begin(), whole.begin() + 7);
  Loader fresh(std::make_shared<CountingDataset>(50), options());
  expect_same(read_epoch(fresh, 3, 7), whole);
  EXPECT_TRUE(read_epoch(fresh, 3, fresh.batches_per_epoch()).empty());
  EXPECT_ERROR(fresh.start(0, 14), "no batch 14", "13");
}

TEST(Loader, DropsTheLastBatchOnDemand) {
  LoaderOptions settings = options();
  settings.drop_last = true;
  Loader loader(std::make_shared<CountingDataset>(10), settings);
  EXPECT_EQ(loader.batches_per_epoch(), 2);
  EXPECT_EQ(loader.samples_per_epoch(), 8U);
  EXPECT_EQ(indices(read_epoch(loader, 0)).size(), 8U);
}

TEST(Loader, ThrowsAWorkersErrorAtItsPlace) {
  LoaderOptions settings = options();
  settings.shuffle = false;
  Loader loader(std::make_shared<CountingDataset>(40, std::set<std::size_t>{9}), settings);
  for (int round = 0; round < 2; ++round) {
    loader.start(0);
    EXPECT_EQ(loader.next()->indices[0], 0U);
    EXPECT_EQ(loader.next()->indices[0], 4U);
    EXPECT_ERROR(loader.next(), "sample 9 is broken");
    EXPECT_EQ(loader.next()->indices[0], 12U);
  }
  loader.start(0, 1);  // the error of batch 2 may be waiting; it must not outlive its epoch
  loader.start(0, 3);
  for (int batch = 3; batch < 10; ++batch) EXPECT_NE(loader.next(), nullptr);
  EXPECT_EQ(loader.next(), nullptr);
}

LoaderOptions skipping(int workers, bool drop_last) {
  LoaderOptions settings = options(workers);
  settings.drop_last = drop_last;
  settings.on_bad_image = OnBadImage::skip;
  return settings;
}

TEST(Loader, PutsTheNextGoodSampleInPlaceOfABadOne) {
  const auto set = std::make_shared<CountingDataset>(40, std::set<std::size_t>{9, 10, 39});
  Loader good(std::make_shared<CountingDataset>(40), skipping(1, true));
  Loader one(set, skipping(1, true));
  Loader three(set, skipping(3, true));
  for (const std::uint32_t epoch : {0U, 1U}) {
    const std::vector<Batch> batches = read_epoch(one, epoch);
    expect_same(batches, read_epoch(three, epoch));
    std::vector<std::uint32_t> expected = indices(read_epoch(good, epoch));
    for (std::uint32_t& index : expected) {
      if (index == 9 || index == 10) index = 11;
      if (index == 39) index = 0;
    }
    EXPECT_EQ(indices(batches), expected);
  }
  std::vector<std::uint32_t> bad;
  for (const BadImage& image : one.bad_images()) bad.push_back(image.index);
  EXPECT_THAT(bad, ::testing::UnorderedElementsAre(9, 10, 39));
  EXPECT_EQ(one.bad_images(), three.bad_images());
  EXPECT_EQ(one.bad_images()[0].name, "sample " + std::to_string(bad[0]));
  EXPECT_EQ(one.bad_images()[0].problem, "is broken");
}

TEST(Loader, LeavesBadSamplesOutOfBatchesThatNeedNotBeFull) {
  LoaderOptions settings = skipping(2, false);
  settings.shuffle = false;
  Loader loader(std::make_shared<CountingDataset>(12, std::set<std::size_t>{1, 4, 5, 6, 7}),
                settings);
  const std::vector<Batch> batches = read_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(batches[0].labels, ::testing::ElementsAre(0, 2, 3));
  EXPECT_EQ(batches[0].count, 3);
  EXPECT_EQ(batches[0].pixels.size(), 3U * 64);
  EXPECT_THAT(batches[1].labels, ::testing::ElementsAre(8, 9, 10, 11));
  EXPECT_EQ(loader.bad_images().size(), 5U);
}

TEST(Loader, GivesUpWhenAllIsBad) {
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 8; ++i) all.insert(i);
  Loader loader(std::make_shared<CountingDataset>(8, all), skipping(1, true));
  loader.start(0);
  EXPECT_ERROR(loader.next(), "8 images in a row cannot be decoded");
}

TEST(Loader, StopsCleanlyAtAnyTime) {
  const auto dataset = std::make_shared<CountingDataset>(200);
  for (int taken = 0; taken < 12; ++taken) {
    Loader loader(dataset, options(3));
    loader.start(0);
    for (int i = 0; i < taken; ++i) ASSERT_NE(loader.next(), nullptr);
    loader.start(1);
    ASSERT_NE(loader.next(), nullptr);
  }
}

TEST(Loader, MovesWhileItRuns) {
  Loader loader(std::make_shared<CountingDataset>(50), options());
  loader.start(0);
  Loader moved = std::move(loader);
  int batches = 0;
  while (moved.next() != nullptr) ++batches;
  EXPECT_EQ(batches, 13);
}

TEST(Loader, HasNothingBeforeItStarts) {
  Loader loader(std::make_shared<CountingDataset>(10), options());
  EXPECT_EQ(loader.next(), nullptr);
}

// Appends what one rank made of a batch.
void append(const Batch& share, Batch& batch) {
  const auto add = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(share.indices, batch.indices);
  add(share.labels, batch.labels);
  add(share.pixels, batch.pixels);
  add(share.placements, batch.placements);
}

// Of every batch what `ranks` processes give of it, one behind the other.
std::vector<Batch> read_shares(const DatasetPtr& dataset, LoaderOptions settings, int ranks,
                               int first_batch) {
  std::vector<Batch> whole;
  for (int rank = 0; rank < ranks; ++rank) {
    settings.share = {.begin = 8 * rank / ranks, .end = 8 * (rank + 1) / ranks, .parts = 8};
    Loader loader(dataset, settings);
    const std::vector<Batch> shares = read_epoch(loader, 3, first_batch);
    whole.resize(shares.size());
    for (std::size_t i = 0; i < shares.size(); ++i) append(shares[i], whole[i]);
  }
  return whole;
}

TEST(Loader, TheSharesOfRanksAreTheBatchOfOne) {
  for (const bool drop_last : {true, false}) {
    const std::set<std::size_t> bad =
        drop_last ? std::set<std::size_t>{9, 10, 39} : std::set<std::size_t>();
    const auto dataset = std::make_shared<CountingDataset>(75, bad);
    LoaderOptions settings = skipping(2, drop_last);
    settings.batch_size = 21;  // parts of two and of three samples
    for (const int first_batch : {0, 2}) {
      Loader loader(dataset, settings);
      const std::vector<Batch> batches = read_epoch(loader, 3, first_batch);
      for (const int ranks : {1, 2, 3, 4, 8}) {
        SCOPED_TRACE(ranks);
        const std::vector<Batch> shares = read_shares(dataset, settings, ranks, first_batch);
        expect_same(shares, batches);
        for (std::size_t i = 0; i < shares.size(); ++i) {
          EXPECT_EQ(shares[i].placements.size(), batches[i].placements.size());
        }
      }
    }
  }
}

TEST(Loader, RanksTakeTurnsAtBatches) {
  const auto dataset = std::make_shared<CountingDataset>(21);
  LoaderOptions settings = options();
  Loader whole(dataset, settings);
  const std::vector<Batch> batches = read_epoch(whole, 2);
  ASSERT_EQ(batches.size(), 6U);
  for (const int ranks : {2, 4, 7}) {
    for (int rank = 0; rank < ranks; ++rank) {
      settings.batches = {.index = rank, .count = ranks};
      Loader loader(dataset, settings);
      std::vector<Batch> expected;
      for (std::size_t i = static_cast<std::size_t>(rank); i < batches.size();
           i += static_cast<std::size_t>(ranks)) {
        expected.push_back(batches[i]);
      }
      expect_same(read_epoch(loader, 2), expected);
      EXPECT_EQ(loader.batches_per_epoch(), static_cast<int>(expected.size()));
      EXPECT_EQ(loader.samples_per_epoch(), 21U);
    }
  }
}

TEST(Loader, RefusesImpossibleOptions) {
  EXPECT_ERROR(Loader(std::make_shared<CountingDataset>(0), options()), "empty");
  LoaderOptions settings = options();
  settings.batch_size = 0;
  EXPECT_ERROR(Loader(std::make_shared<CountingDataset>(10), settings), "not 0 and 2");
  settings = options();
  settings.batch_size = 11;
  settings.drop_last = true;
  EXPECT_ERROR(Loader(std::make_shared<CountingDataset>(10), settings), "10 samples", "11");
  settings = options();
  settings.batches = {.index = 2, .count = 2};
  EXPECT_ERROR(Loader(std::make_shared<CountingDataset>(10), settings), "no rank 2 of 2");
  settings = options();
  settings.share = {.begin = 3, .end = 6, .parts = 5};
  EXPECT_ERROR(Loader(std::make_shared<CountingDataset>(10), settings), "no parts 3 to 6 of 5");
}

}  // namespace
}  // namespace alexnet::test
