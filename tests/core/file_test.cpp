#include "core/file.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string>
#include <thread>

#include "support/expect_error.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

class Files : public ::testing::Test {
 protected:
  auto entries() const {
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "file.txt";
};

TEST_F(Files, IsReadIntoABufferThatIsUsedAgain) {
  std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6, 7};
  write_text_file(path_, "abc");
  read_file(path_, bytes);
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{'a', 'b', 'c'}));
  write_text_file(path_, "");
  read_file(path_, bytes);
  EXPECT_TRUE(bytes.empty());
  EXPECT_THAT([&] { read_file(folder_ / "none", bytes); },
              ThrowsMessage<Error>(HasSubstr("No such file")));
  EXPECT_THAT([&] { read_file(folder_.path(), bytes); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

TEST_F(Files, TextMayBeCutShortWhileItIsRead) {
  constexpr std::uintmax_t kBytes = 8 << 20;
  write_text_file(path_, "");
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) {
      std::filesystem::resize_file(path_, kBytes);
      std::filesystem::resize_file(path_, 0);
    }
  });
  for (int found = 0; found < 20;) found += read_text_file(path_).empty() ? 0 : 1;
  done = true;
  writer.join();
}

TEST_F(Files, WritesAndReadsText) {
  write_text_file(path_, "one\ntwo");
  EXPECT_EQ(read_text_file(path_), "one\ntwo");
  write_text_file(path_, "");
  EXPECT_EQ(read_text_file(path_), "");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, MapsTheBytes) {
  write_text_file(path_, "abc");
  const MappedFile file(path_);
  ASSERT_EQ(file.bytes().size(), 3U);
  EXPECT_EQ(file.bytes()[2], std::byte{'c'});
}

TEST_F(Files, SaysWhatCannotBeRead) {
  EXPECT_THAT([&] { MappedFile file(path_); },
              ThrowsMessage<Error>(
                  AllOf(HasSubstr("cannot read " + path_.string()), HasSubstr("No such file"))));
  EXPECT_THAT([&] { MappedFile file(folder_.path()); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

TEST_F(Files, KindsOfErrorsAreToldApart) {
  EXPECT_ERROR_KIND(MappedFile(path_), ErrorKind::not_found);
  EXPECT_ERROR_KIND(read_text_file(path_ / "below"), ErrorKind::not_found);
  EXPECT_ERROR_KIND(MappedFile(folder_.path()), ErrorKind::bad_input);
  EXPECT_ERROR_KIND(AtomicFile(folder_ / "none" / "file"), ErrorKind::not_found);
  EXPECT_ERROR_KIND(AtomicFile(folder_.path()), ErrorKind::bad_input);
  write_text_file(path_, "a file");
  EXPECT_ERROR_KIND(AtomicFile(path_ / "below"), ErrorKind::bad_input);
  const test::FileSizeLimit full(10);
  EXPECT_ERROR_KIND(write_text_file(path_, "more than fits"), ErrorKind::io);
}

TEST_F(Files, WithoutCommitNothingRemains) {
  write_text_file(path_, "earlier");
  {
    AtomicFile file(path_);
    file.write(std::as_bytes(std::span("half of it")));
  }
  EXPECT_EQ(read_text_file(path_), "earlier");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, IsNotSeenBeforeCommit) {
  AtomicFile file(path_);
  file.write(std::as_bytes(std::span("text", 4)));
  EXPECT_FALSE(std::filesystem::exists(path_));
  file.commit();
  EXPECT_EQ(read_text_file(path_), "text");
}

TEST_F(Files, ReplacesBytesInTheMiddleAndGoesOnAtTheEnd) {
  AtomicFile file(path_);
  file.write(std::as_bytes(std::span("a????", 5)));
  file.overwrite(1, std::as_bytes(std::span("bcd", 3)));
  file.write(std::as_bytes(std::span("f", 1)));
  file.overwrite(4, std::as_bytes(std::span("e", 1)));
  file.commit();
  EXPECT_EQ(read_text_file(path_), "abcdef");
}

TEST_F(Files, OverwritesWhatAKilledProcessLeft) {
  write_text_file(path_.string() + ".partial", "a long half-written file");
  write_text_file(path_, "new");
  EXPECT_EQ(read_text_file(path_), "new");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, RefusesASecondWriter) {
  AtomicFile first(path_);
  EXPECT_THAT([&] { AtomicFile second(path_); },
              ThrowsMessage<Error>(HasSubstr("another process is writing it")));
  first.commit();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(Files, LeavesTheEarlierFileWhenTheDiskIsFull) {
  write_text_file(path_, "earlier");
  {
    const test::FileSizeLimit limit(4096);
    EXPECT_THAT([&] { write_text_file(path_, std::string(10'000, 'x')); },
                ThrowsMessage<Error>(AllOf(HasSubstr("cannot write " + path_.string()),
                                           HasSubstr("File too large"),
                                           HasSubstr("the earlier file is unchanged"))));
  }
  EXPECT_EQ(read_text_file(path_), "earlier");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, SaysWhyAFolderCannotBeWritten) {
  write_text_file(path_, "a file");
  EXPECT_THAT(
      [&] { write_text_file(path_ / "below", "x"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("Not a directory"), Not(HasSubstr("earlier file")))));
  EXPECT_THAT([&] { write_text_file(folder_ / "none" / "file", "x"); },
              ThrowsMessage<Error>(HasSubstr("No such file or directory")));
}

TEST_F(Files, NeverReplacesADevice) {
  EXPECT_THAT([] { write_text_file("/dev/null", "x"); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_THAT([&] { write_text_file(folder_.path(), "x"); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

}  // namespace
}  // namespace alexnet
