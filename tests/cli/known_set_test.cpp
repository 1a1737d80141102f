// A known set's name that is also a folder's: every command that takes DATA says which is meant.
#include <gmock/gmock.h>

#include <cstdlib>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KnownSet : public testing::Test {
 protected:
  KnownSet() {
    write_idx_dataset(folder_ / "sets" / "mnist", 60, 10, 1);
    write_idx_dataset(folder_ / "mnist", 60, 10, 2);
    setenv("ALEXNET_DATA", (folder_ / "sets").c_str(), 1);
  }
  ~KnownSet() override { unsetenv("ALEXNET_DATA"); }
  KnownSet(const KnownSet&) = delete;
  KnownSet& operator=(const KnownSet&) = delete;

  // What the command says on stderr about this data, for which "DATA" stands.
  std::string said(std::vector<std::string> words, const char* data) const {
    for (std::string& word : words) {
      if (word == "DATA") word = data;
    }
    const Outcome outcome = run_program(words, folder_.path());
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.err;
  }

  TempFolder folder_;
};

TEST_F(KnownSet, IsToldFromTheFolderOfItsName) {
  const std::string sentence = "mnist is the known set in " + (folder_ / "sets/mnist").string() +
                               "; the folder here is ./mnist\n";
  const std::vector<std::vector<std::string>> commands{
      {"train", "DATA", "--batch-size", "8", "--max-steps", "1", "--no-report", "--out", "run"},
      {"eval", "run", "DATA"},
      {"report", "run", "--data", "DATA"},
      {"features", "run", "DATA", "--out", "f.npy"},
      {"check", "DATA"},
      {"samples", "DATA", "--count", "1", "--out", "samples"},
      {"show", "DATA", "--count", "1", "--out", "sheet.png"},
  };
  for (const std::vector<std::string>& command : commands) {
    SCOPED_TRACE(command.front());
    EXPECT_THAT(said(command, "mnist"), HasSubstr(sentence));
    if (command.front() != "train") {
      EXPECT_THAT(said(command, "./mnist"), Not(HasSubstr("known set")));
    }
  }
}

TEST_F(KnownSet, ThatIsNotThereSaysWhereItMayBePut) {
  const Outcome outcome = run_program({"train", "cifar-100"}, folder_.path());
  EXPECT_EQ(outcome.code, cli::kNotFound);
  EXPECT_THAT(outcome.err,
              HasSubstr("alexnet: there is no cifar-100 here: unpack cifar-100-binary.tar.gz or "
                        "cifar-100-python.tar.gz, and put the folder that is in it into one of " +
                        (folder_ / "sets/cifar-100").string() +
                        ", /usr/share/datasets/cifar-100, /usr/local/share/datasets/cifar-100, "
                        "cifar-100 (or $ALEXNET_DATA/cifar-100)\n"));
}

}  // namespace
}  // namespace alexnet::test
