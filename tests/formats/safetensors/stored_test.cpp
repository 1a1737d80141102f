// Tensors that files hold in fewer bytes.
#include <alexnet/error.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/safetensors/file.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class StoredSafetensors : public testing::Test {
 protected:
  // A matrix of bytes, (2, 3), and a vector of floats.
  void write(std::map<std::string, std::string> metadata = {}) {
    const Tensor matrix(
        {2, 3}, {.precision = Precision::int8, .numbers = bytes_.data(), .scales = scales_.data()});
    const Tensor bias({2}, std::array{5.0F, 6.0F});
    write_stored(path_, std::vector<TensorToStore>{{"fc.weight", matrix}, {"fc.bias", bias}}, {},
                 std::move(metadata));
  }

  // What is said after `from` in the file became `to`, of the same length.
  void replace(const std::string& from, const std::string& to) {
    ASSERT_EQ(from.size(), to.size());
    std::string text = read_text_file(path_);
    const auto found = text.find(from);
    ASSERT_NE(found, std::string::npos) << from;
    text.replace(found, from.size(), to);
    write_text_file(path_, text);
  }

  void expect_refusal(const std::string& why) {
    EXPECT_THAT([&] { read_safetensors(path_); }, ThrowsMessage<Error>(HasSubstr(why)));
  }

  test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "stored.safetensors";
  std::array<std::int8_t, 6> bytes_{1, 2, -127, 4, 0, 127};
  std::array<float, 2> scales_{0.5F, 2.0F};
};

TEST_F(StoredSafetensors, AreReadAsTheyWereWritten) {
  write({{"a", "b"}});
  const Safetensors file = read_safetensors(path_);
  EXPECT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.metadata.at("a"), "b");
  EXPECT_EQ(file.metadata.at("precision"), "int8");
  const Tensor& matrix = file.tensors.at("fc.weight");
  ASSERT_NE(matrix.stored(), nullptr);
  EXPECT_EQ(matrix.stored()->precision, Precision::int8);
  EXPECT_EQ(std::memcmp(matrix.stored()->numbers, bytes_.data(), bytes_.size()), 0);
  EXPECT_THAT(matrix.values(), ElementsAre(0.5F, 1, -63.5F, 8, 0, 254));
  EXPECT_THAT(file.tensors.at("fc.bias").values(), ElementsAre(5, 6));
}

TEST_F(StoredSafetensors, OfLargeHalvesStayInTheFile) {
  std::vector<std::uint16_t> halves(std::size_t{1} << 20, 0x3C00);
  halves.back() = 0xC000;
  const auto rows = static_cast<std::int64_t>(halves.size() / 1024);
  const Tensor matrix({rows, 1024}, {.precision = Precision::fp16, .numbers = halves.data()});
  write_stored(path_, std::vector<TensorToStore>{{"fc.weight", matrix}}, {}, {});
  const Safetensors file = read_safetensors(path_);
  const Tensor& read = file.tensors.at("fc.weight");
  ASSERT_NE(read.stored(), nullptr);
  EXPECT_TRUE(read.stored()->mapped);
  EXPECT_EQ(read.first_not_finite(), read.size());  // and releases the pages
  read.release(0, read.size());
  EXPECT_EQ(read.values().front(), 1.0F);
  EXPECT_EQ(read.values().back(), -2.0F);
}

TEST_F(StoredSafetensors, OfBytesNeedTheMetadata) {
  write();
  replace("\"precision\":\"int8\"", "\"precisiom\":\"int8\"");
  expect_refusal(
      "tensor 'fc.weight' holds bytes and 'fc.weight_scale' what they are worth, but the");
  replace("fc.weight_scale", "fc.weight_scald");
  expect_refusal("tensor 'fc.weight' has dtype I8");
}

TEST_F(StoredSafetensors, OfBytesNeedTheirScales) {
  write();
  replace("fc.weight_scale", "fc.weight_scald");
  expect_refusal("tensor 'fc.weight' holds bytes and its scales 'fc.weight_scale' are missing");
}

TEST_F(StoredSafetensors, NeedScalesForEachRow) {
  write();
  replace("\"shape\":[2,3]", "\"shape\":[3,2]");
  expect_refusal("'fc.weight_scale' is F32 of shape (2,) where 'fc.weight' needs F32 of (3,)");
}

TEST_F(StoredSafetensors, AreMatrices) {
  write();
  replace("\"shape\":[2,3]", "\"shape\":[ 6 ]");
  expect_refusal("has shape (6,) and only matrices have scales");
}

TEST_F(StoredSafetensors, NeedScalesThatAreNumbers) {
  for (const float bad : {-1.0F, std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN(), 3e38F}) {
    scales_[1] = bad;
    write();
    expect_refusal("at element 1, which is no scale");
  }
}

}  // namespace
}  // namespace alexnet
