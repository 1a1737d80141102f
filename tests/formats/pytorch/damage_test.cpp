#include <alexnet/error.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "core/file.h"
#include "formats/pytorch/file.h"
#include "support/case_name.h"
#include "support/paths.h"

namespace alexnet {
namespace {

// A file that PyTorch wrote, damaged in every place: the sanitizers watch what becomes of it.
class DamagedFixture : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string whole_ =
      read_text_file(tests_folder() / "formats/pytorch/fixtures" / GetParam());
};

Parameters parse(std::string& bytes) {
  return parse_pytorch(std::as_writable_bytes(std::span(bytes)), std::make_shared<int>(), "file");
}

// Either is right: not every byte matters.
void parse_or_refuse(std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error&) {
    return;
  }
}

TEST_P(DamagedFixture, IsWholeAtFirst) {
  std::string bytes = whole_;
  EXPECT_GT(parse(bytes).size(), 0U);
}

TEST_P(DamagedFixture, IsRefusedWhereverItIsCut) {
  for (std::size_t size = 0; size < whole_.size(); ++size) {
    std::string cut = whole_.substr(0, size);
    EXPECT_THROW(parse(cut), Error) << size;
  }
}

TEST_P(DamagedFixture, SurvivesEveryChangedByte) {
  constexpr std::array<unsigned char, 5> kChanges{0x01, 0x10, 0x40, 0x80, 0xff};
  for (std::size_t i = 0; i < whole_.size(); ++i) {
    for (const unsigned char change : kChanges) {
      std::string changed = whole_;
      changed[i] = static_cast<char>(changed[i] ^ change);
      parse_or_refuse(changed);
    }
  }
}

TEST_P(DamagedFixture, SurvivesManyChangedBytes) {
  std::mt19937 random(1);  // the same on every machine
  for (int round = 0; round < 5'000; ++round) {
    std::string changed = whole_;
    for (int i = 0; i < 4; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    parse_or_refuse(changed);
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, DamagedFixture,
                         ::testing::Values("1.13-checkpoint.zip.pth", "1.13-strided.legacy.pth",
                                           "2.15-checkpoint.legacy.pth", "2.15-state_dict.zip.pth"),
                         kCaseName);

}  // namespace
}  // namespace alexnet
