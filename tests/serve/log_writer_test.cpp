#include "serve/log_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

class LogPipe : public testing::Test {
 protected:
  LogPipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~LogPipe() override {
    close_writer();
    close(ends_[0]);
  }
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  // Up to the end, or to `last`.
  std::string read_until(const std::string& last) const {
    std::string text;
    std::array<char, 4096> block{};
    while (!text.ends_with(last)) {
      const ssize_t size = read(ends_[0], block.data(), block.size());
      if (size <= 0) break;
      text.append(block.data(), static_cast<std::size_t>(size));
    }
    return text;
  }
  // Until as many lines have come, or are said to be missing.
  int read_lines(int count) const {
    int lines = 0;
    std::string text;
    while (lines < count) {
      text += read_until("\n");
      while (const auto length = text.find('\n') + 1) {
        const std::string line = text.substr(0, length);
        text.erase(0, length);
        lines += line.size() == 100 ? 1 : missing(line);
      }
    }
    return lines;
  }

 private:
  static int missing(const std::string& line) {
    EXPECT_THAT(line, HasSubstr("lines of the log are missing here"));
    return std::stoi(line);
  }

  std::array<int, 2> ends_{};
};

TEST_F(LogPipe, LinesComeInOrderAndAreAllWrittenAtTheEnd) {
  {
    LogWriter log(writer());
    for (int i = 0; i < 100; ++i) log.write(std::to_string(i));
  }
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += fmt::format("{}\n", i);
  EXPECT_EQ(read_until("99\n"), expected);
}

// A pipe holds 64 KiB: without the thread, the 700th line would wait for ever.
TEST_F(LogPipe, NobodyWaitsForAReaderAndWhatIsLostIsCounted) {
  constexpr int kLines = 30'000;
  const auto begin = Clock::now();
  {
    LogWriter log(writer());
    for (int i = 0; i < kLines; ++i) log.write(fmt::format("{:099}", i));
    EXPECT_LT(Clock::now() - begin, 1s);
  }
  EXPECT_LT(Clock::now() - begin, 5s);  // nor at the end
  EXPECT_EQ(read_lines(kLines), kLines);
}

}  // namespace
}  // namespace alexnet::serve
