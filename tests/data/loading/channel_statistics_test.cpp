#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/counting_dataset.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

constexpr Preprocess kPlain{.resize = 8, .crop = 8, .channels = 1};

TEST(Normalization, IsMeanAndDeviationOfThePixels) {
  const Normalization measured = measure_normalization(CountingDataset(200), kPlain);
  ASSERT_EQ(measured.mean.size(), 1U);
  EXPECT_NEAR(measured.mean[0], 99.5 / 255, 1e-6);
  EXPECT_NEAR(measured.deviation[0], std::sqrt((200.0 * 200.0 - 1) / 12) / 255, 1e-6);
}

TEST(Normalization, TakesEvenlySpacedSamples) {
  const Normalization measured =
      measure_normalization(CountingDataset(200), kPlain, OnBadImage::stop, 2);
  EXPECT_NEAR(measured.mean[0], 50.0 / 255, 1e-6);  // samples 0 and 100
}

TEST(Normalization, CountsChannelsApart) {
  const TempFolder folder;
  Bytes record{0};
  for (const std::uint8_t value : Bytes{10, 20, 30}) record.insert(record.end(), 1024, value);
  write_cifar10(folder.path(), 1, 1);
  write_bytes(folder / "test_batch.bin", record);
  const DatasetPtr set = open_dataset(folder.path().string(), Split::test);
  const Normalization measured =
      measure_normalization(*set, {.resize = 32, .crop = 32, .channels = 3});
  ASSERT_EQ(measured.mean.size(), 3U);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(measured.mean[c], 10.0 * static_cast<double>(c + 1) / 255, 1e-6);
    EXPECT_EQ(measured.deviation[c], 1.0F) << "a constant channel must not be divided by zero";
  }
}

TEST(DefaultPreprocess, CropsPhotographsOnly) {
  EXPECT_EQ(default_preprocess(CountingDataset(1), 224),
            (Preprocess{.resize = 256, .crop = 224, .channels = 1}));
  const TempFolder folder;
  write_idx_dataset(folder.path(), 10, 10, 1);
  EXPECT_EQ(default_preprocess(*open_dataset(folder.path().string(), Split::train), 64),
            (Preprocess{.resize = 64, .crop = 64, .channels = 1}));
}

}  // namespace
}  // namespace alexnet::test
