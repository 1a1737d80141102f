// TensorBoard's event files, read back by the rules of TFRecord.
#include "train/event_file.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <cstring>

#include "core/file.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

std::uint32_t unmasked(std::uint32_t sum) {
  const std::uint32_t rotated = sum - 0xA282EAD8;
  return rotated >> 17 | rotated << 15;
}

std::vector<std::string> records(const std::string& bytes) {
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = number_at<std::uint64_t>(bytes, at);
    EXPECT_EQ(unmasked(number_at<std::uint32_t>(bytes, at + 8)), crc32c(bytes.substr(at, 8)));
    messages.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(unmasked(number_at<std::uint32_t>(bytes, at + 12 + length)), crc32c(messages.back()));
    at += 16 + length;
  }
  return messages;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

TEST(Crc32c, IsTheStandards) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(EventFile, HoldsVersionAndScalars) {
  TempFolder folder;
  {
    EventFile file(folder.path(), 0);
    file.write(50, {{"training/loss", 1.5}, {"training/accuracy", 0.25}});
  }
  const std::vector<fs::path> files = files_in(folder.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files[0].filename().string(), testing::StartsWith("events.out.tfevents."));
  const std::vector<std::string> messages = records(read_text_file(files[0]));
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_THAT(messages[0], HasSubstr("brain.Event:2"));
  // Field 2, a varint: step 50. Field 5: a summary with the tag (1) and the float (2).
  EXPECT_THAT(messages[2], HasSubstr("\x10\x32"));
  EXPECT_THAT(messages[2], HasSubstr(std::string("\x0A\x0Dtraining/loss\x15\x00\x00\xC0\x3F", 20)));
}

TEST(EventFile, HoldsValuesThatAreZero) {
  TempFolder folder;
  { EventFile(folder.path(), 0).write(50, {{"training/accuracy", 0.0}}); }
  const std::vector<std::string> messages = records(read_text_file(files_in(folder.path())[0]));
  EXPECT_THAT(messages.back(), HasSubstr(std::string("training/accuracy\x15\x00\x00\x00\x00", 22)));
}

TEST(EventFile, OfARunThatBeginsAnewVoidsAllBeforeIt) {
  TempFolder folder;
  { EventFile(folder.path(), 0).write(50, {{"training/loss", 2.0}}); }
  { EventFile second(folder.path(), 0); }  // killed before its first checkpoint, and resumed
  const std::vector<fs::path> files = files_in(folder.path());
  ASSERT_EQ(files.size(), 2U);
  const std::vector<std::string> messages = records(read_text_file(files[1]));
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_THAT(messages[1], HasSubstr("\x10\x01"));          // step 1
  EXPECT_THAT(messages[1], HasSubstr("\x3A\x02\x08\x01"));  // session_log { status: START }
}

TEST(EventFile, OfAResumedRunComesLaterAndVoidsWhatFollows) {
  TempFolder folder;
  { EventFile first(folder.path(), 0); }
  { EventFile second(folder.path(), 300); }
  const std::vector<fs::path> files = files_in(folder.path());
  ASSERT_EQ(files.size(), 2U);
  const std::vector<std::string> messages = records(read_text_file(files[1]));
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_THAT(messages[1], HasSubstr("\x10\xAD\x02"));      // step 301
  EXPECT_THAT(messages[1], HasSubstr("\x3A\x02\x08\x01"));  // session_log { status: START }
}

TEST(EventFile, SaysWhereItCannotWrite) {
  EXPECT_THAT([] { EventFile("/nowhere", 0); },
              testing::ThrowsMessage<Error>(HasSubstr("/nowhere/events.out")));
}

}  // namespace
}  // namespace alexnet
