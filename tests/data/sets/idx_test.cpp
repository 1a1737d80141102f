#include <alexnet/dataset.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "support/expect_error.h"
#include "support/temp_data.h"

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

TEST_F(Idx, TakesOtherNames) {
  write_idx_dataset(path(), 10, 10, 2);
  const auto move = [&](const char* name, const std::string& to) {
    std::filesystem::create_directories((folder_ / to).parent_path());
    std::filesystem::rename(folder_ / name, folder_ / to);
  };
  move(kImages, "train-images.idx3-ubyte");
  move(kLabels, "train-labels-idx1-ubyte.tmp");
  move("train-labels-idx1-ubyte.tmp", "train-labels-idx1-ubyte/train-labels.idx1-ubyte");
  move("t10k-images-idx3-ubyte", "test-images-idx3-ubyte");
  move("t10k-labels-idx1-ubyte", "Test-Labels-idx1-ubyte");
  EXPECT_EQ(open()->sample(3).image.pixels, pattern(3, 28, 1, 2, 3).pixels);
  EXPECT_EQ(open(Split::test)->size(), 10U);
}

TEST_F(Idx, APartThatIsNotThereIsNone) {
  std::filesystem::remove(folder_ / "t10k-images-idx3-ubyte");
  EXPECT_ERROR(open(Split::test), path(), "no t10k-images-idx3-ubyte");
  std::filesystem::remove(folder_ / "t10k-labels-idx1-ubyte");
  EXPECT_EQ(open(Split::test), nullptr);
}

TEST_F(Idx, LabelsFromOneMakeNoPhantomClass) {
  Bytes labels;
  for (int i = 0; i < 30; ++i) labels.push_back(static_cast<std::uint8_t>(1 + i % 26));
  write(kLabels, idx_file({30}, labels));
  write("t10k-labels-idx1-ubyte", idx_file({20}, Bytes(20, 26)));
  EXPECT_EQ(open()->classes().size(), 26U);
  EXPECT_EQ(open()->classes().front(), "1");
  EXPECT_EQ(open()->sample(27).label, 1);
  EXPECT_EQ(open(Split::test)->sample(0).label, 25);
  write("t10k-labels-idx1-ubyte", idx_file({20}, Bytes(20, 0)));  // then 0 is a class
  EXPECT_EQ(open()->classes().size(), 27U);
  EXPECT_EQ(open()->sample(27).label, 2);
}

TEST_F(Idx, EmnistStandsUprightAndIsNamedByItsMapping) {
  const TempFolder folder;
  Bytes upright;
  Bytes turned(6);
  for (std::uint8_t i = 0; i < 6; ++i) upright.push_back(i);  // 2 rows of 3
  for (std::size_t y = 0; y < 2; ++y) {
    for (std::size_t x = 0; x < 3; ++x) turned[x * 2 + y] = upright[y * 3 + x];
  }
  for (const std::string set : {"emnist-letters", "emnist-digits"}) {
    Bytes two = turned;
    two.insert(two.end(), turned.begin(), turned.end());
    write_bytes(folder / (set + "-train-images-idx3-ubyte"), idx_file({2, 3, 2}, two));
    write_bytes(folder / (set + "-train-labels-idx1-ubyte"), idx_file({2}, Bytes{2, 1}));
  }
  write_text(folder / "emnist-letters-mapping.txt", "1 65 97\r\n2 66 98\r\n3 67 99\r\n");
  EXPECT_ERROR(open_dataset(folder.path().string(), Split::train), "several sets", ":emnist-digits",
               ":emnist-letters");
  const DatasetPtr letters = open_dataset(folder.path().string() + ":emnist-letters", Split::train);
  EXPECT_THAT(letters->classes(), ::testing::ElementsAre("A/a", "B/b", "C/c"));
  EXPECT_EQ(letters->sample(0).label, 1);
  EXPECT_EQ(letters->sample(1).image.height, 2);
  EXPECT_EQ(letters->sample(1).image.pixels, upright);
  write_text(folder / "emnist-letters-mapping.txt", "1 65\n2 \n");
  EXPECT_ERROR(open_dataset(folder.path().string() + ":emnist-letters", Split::train),
               "emnist-letters-mapping.txt", "'2 '");
}

TEST_F(Idx, ReadsQmnistsTables) {
  const TempFolder folder;
  write_bytes(folder / "qmnist-train-images-idx3-ubyte", idx_file({2, 1, 1}, Bytes{7, 8}));
  Bytes table = idx_file({2, 8}, Bytes(64));
  table[2] = 0x0C;
  table[12 + 3] = 5;
  table[12 + 32 + 3] = 9;
  write_bytes(folder / "qmnist-train-labels-idx2-int", table);
  const DatasetPtr set = open_dataset(folder.path().string(), Split::train);
  EXPECT_EQ(set->sample(0).label, 5);
  EXPECT_EQ(set->sample(1).label, 9);
  table[12] = 1;
  write_bytes(folder / "qmnist-train-labels-idx2-int", table);
  EXPECT_ERROR(open_dataset(folder.path().string(), Split::train), "row 0");
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
