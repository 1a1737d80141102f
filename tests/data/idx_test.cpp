#include <alexnet/dataset.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "data/expect_error.h"
#include "data/temp_data.h"

namespace alexnet::test {
namespace {

constexpr const char* kImages = "train-images-idx3-ubyte";
constexpr const char* kLabels = "train-labels-idx1-ubyte";

class Idx : public ::testing::Test {
 protected:
  Idx() { write_idx_dataset(path(), 30, 20, 1); }

  std::string path() const { return folder_.path().string(); }
  void write(const char* name, const Bytes& bytes) const { write_bytes(folder_ / name, bytes); }
  DatasetPtr open(Split split = Split::train) const { return open_dataset(path(), split); }

  TempFolder folder_;
};

void compress(const std::filesystem::path& path) {
  const Bytes bytes = read_bytes(path);
  const gzFile file = gzopen((path.string() + ".gz").c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::filesystem::remove(path);
}

TEST_F(Idx, GivesImagesAndLabels) {
  const DatasetPtr train = open();
  EXPECT_EQ(train->size(), 30U);
  EXPECT_EQ(train->channels(), 1);
  EXPECT_TRUE(train->uniform_size());
  const Sample sample = train->sample(13);
  EXPECT_EQ(sample.label, 3);
  EXPECT_EQ(sample.image.height, 28);
  EXPECT_EQ(sample.image.width, 28);
  EXPECT_EQ(sample.image.pixels, pattern(3, 28, 1, 1, 13).pixels);
  EXPECT_EQ(open(Split::test)->size(), 20U);
  EXPECT_EQ(open(Split::validation), nullptr);
}

TEST_F(Idx, ReadsGzip) {
  compress(folder_ / kImages);
  compress(folder_ / kLabels);
  EXPECT_EQ(open()->sample(29).image.pixels, pattern(9, 28, 1, 1, 29).pixels);
}

TEST_F(Idx, NamesClassesByDigitsOrByTheFolder) {
  EXPECT_THAT(open()->classes(),
              ::testing::ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  write_idx_dataset(folder_ / "fashion-mnist", 10, 10, 1);
  const DatasetPtr fashion = open_dataset(path() + "/fashion-mnist/", Split::test);
  EXPECT_EQ(fashion->classes().front(), "T-shirt/top");
  EXPECT_EQ(fashion->classes().back(), "Ankle boot");
}

TEST_F(Idx, AllSplitsHaveTheClassesOfTraining) {
  write(kLabels, idx_file({30}, Bytes(30, 12)));
  EXPECT_EQ(open()->classes().size(), 13U);
  EXPECT_EQ(open(Split::test)->classes().size(), 13U);
}

TEST_F(Idx, RefusesLabelsOutsideTheClasses) {
  Bytes labels(20, 1);
  labels[7] = 10;
  write("t10k-labels-idx1-ubyte", idx_file({20}, labels));
  EXPECT_ERROR(open(Split::test), "t10k-labels-idx1-ubyte", "sample 7", "label 10", "0 to 9");
}

TEST_F(Idx, RefusesMissingFiles) {
  std::filesystem::remove(folder_ / kLabels);
  EXPECT_ERROR(open(), path(), kLabels);
}

TEST_F(Idx, RefusesAnotherMagicNumber) {
  write(kImages, read_bytes(folder_ / kLabels));
  EXPECT_ERROR(open(), kImages, "0x00000801", "0x00000803");
}

TEST_F(Idx, RefusesFilesThatEndInTheHeader) {
  write(kImages, {0, 0, 8, 3, 0, 0});
  EXPECT_ERROR(open(), kImages, "header");
  write(kImages, {});
  EXPECT_ERROR(open(), kImages, "header");
}

TEST_F(Idx, RefusesHeadersThatLie) {
  const Bytes pixels(30 * 28 * 28);
  write(kImages, idx_file({31, 28, 28}, pixels));
  EXPECT_ERROR(open(), kImages, "31 x 28 x 28 = 24304", "23520");
  write(kImages, idx_file({29, 28, 28}, pixels));
  EXPECT_ERROR(open(), kImages, "there are more");
  write(kImages, idx_file({0xFFFFFFFF, 4096, 4096}, pixels));
  EXPECT_ERROR(open(), kImages, "23520");
  write(kImages, idx_file({30, 0, 28}, {}));
  EXPECT_ERROR(open(), kImages, "dimension 1", "is 0");
  write(kImages, idx_file({1, 1, 23520}, pixels));
  EXPECT_ERROR(open(), kImages, "dimension 2", "is 23520");
}

TEST_F(Idx, RefusesCountsThatDisagree) {
  write(kLabels, idx_file({29}, Bytes(29)));
  EXPECT_ERROR(open(), "30 images", "29 labels", kImages, kLabels);
}

TEST_F(Idx, RefusesDamagedGzip) {
  compress(folder_ / kImages);
  const auto file = folder_ / "train-images-idx3-ubyte.gz";
  const Bytes whole = read_bytes(file);
  write_bytes(file,
              Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2)));
  EXPECT_ERROR(open(), kImages, "damaged or cut short");
  Bytes flipped = whole;
  flipped[whole.size() - 6] ^= 1;  // in the checksum
  write_bytes(file, flipped);
  EXPECT_ERROR(open(), kImages, "damaged or cut short");
}

}  // namespace
}  // namespace alexnet::test
