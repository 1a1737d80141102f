#include <alexnet/error.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <random>
#include <span>
#include <string>

#include "core/file.h"
#include "formats/onnx/file.h"
#include "support/case_name.h"
#include "support/paths.h"

namespace alexnet {
namespace {

// A file that PyTorch wrote, damaged in every place: the sanitizers watch what becomes of it.
class DamagedOnnx : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string whole_ = read_text_file(tests_folder() / "formats/onnx/fixtures" / GetParam());
};

OnnxNetwork parse(const std::string& bytes) {
  return parse_onnx(std::as_bytes(std::span(bytes)), {}, {}, "file");
}

// Either is right: not every byte matters.
void parse_or_refuse(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error&) {
    return;
  }
}

TEST_P(DamagedOnnx, IsWholeAtFirst) {
  EXPECT_GT(parse(whole_).parameters.size(), 0U);
}

// But for the end, which says only of which opset it is.
TEST_P(DamagedOnnx, IsRefusedWhereverItIsCut) {
  for (std::size_t size = 0; size + 16 < whole_.size(); size += 5) {
    EXPECT_THROW(parse(whole_.substr(0, size)), Error) << size;
  }
}

TEST_P(DamagedOnnx, SurvivesChangedBytes) {
  constexpr std::array<unsigned char, 3> kChanges{0x01, 0x40, 0xff};
  for (std::size_t i = 0; i < whole_.size(); i += 3) {
    for (const unsigned char change : kChanges) {
      std::string changed = whole_;
      changed[i] = static_cast<char>(changed[i] ^ change);
      parse_or_refuse(changed);
    }
  }
}

TEST_P(DamagedOnnx, SurvivesManyChangedBytes) {
  std::mt19937 random(1);  // the same on every machine
  for (int round = 0; round < 3'000; ++round) {
    std::string changed = whole_;
    for (int i = 0; i < 4; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    parse_or_refuse(changed);
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, DamagedOnnx,
                         ::testing::Values("1.13-script9-global_pool.onnx",
                                           "2.15-dynamo-global_pool.onnx",
                                           "2.15-script-uniform_pool.onnx"),
                         kCaseName);

}  // namespace
}  // namespace alexnet
