// The program with standard streams that are closed, or whose reader has gone.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "support/band_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Streams : public testing::Test {
 protected:
  Streams() {
    write_class_folders(folder_ / "set/test", kBandClasses, 4, kBandSide, 1);
    write_text(folder_ / "set/test/bee/bad.png", "no image");
    Model model = band_model(kBandClasses);
    model.classes[0] = "aardvark";  // so that there are messages
    save_model(folder_ / "w.safetensors", model);
  }

  int shell(const std::string& redirection) const {
    const std::string command =
        "cd '" + folder_.path().string() + "' && '" + program_path() +
        "' eval w.safetensors set --on-bad-image skip --predictions p.csv " + redirection;
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string text(const fs::path& path) const {
    const Bytes bytes = read_bytes(folder_ / path.string());
    return {bytes.begin(), bytes.end()};
  }

  TempFolder folder_;
};

TEST_F(Streams, MessagesGoIntoNoFileWhereTheStreamsAreClosed) {
  ASSERT_EQ(shell("> /dev/null 2> messages"), 0);
  EXPECT_THAT(text("messages"), HasSubstr("bad.png"));
  const std::string expected = text("p.csv");
  for (const char* closed : {"2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">&-"}) {
    fs::remove(folder_ / "p.csv");
    EXPECT_EQ(shell(closed), 0) << closed;
    EXPECT_EQ(text("p.csv"), expected) << closed;
  }
}

TEST_F(Streams, WorkIsDoneWhenNobodyReadsTheMessages) {
  EXPECT_EQ(shell("2>&1 > /dev/null | true"), 0);
  for (int i = 0; i < 100 && !fs::exists(folder_ / "p.csv"); ++i) ::usleep(10'000);
  EXPECT_TRUE(fs::exists(folder_ / "p.csv"));
}

TEST_F(Streams, AClosedPipeOnStdoutEndsWithoutAWord) {
  const std::string command = "cd '" + folder_.path().string() + "' && ( sleep 0.1; '" +
                              program_path() +
                              "' info alexnet 2> messages; echo $? > code ) | true";
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (int i = 0; i < 500 && !fs::exists(folder_ / "code"); ++i) ::usleep(10'000);
  EXPECT_EQ(text("code"), std::to_string(128 + SIGPIPE) + "\n");
  EXPECT_EQ(text("messages"), "");
}

}  // namespace
}  // namespace alexnet::test
