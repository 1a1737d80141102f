// The program at the limits that the system sets it.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "data/shards/archive.h"

namespace alexnet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// So many files can be open in this process and those that it starts.
class OpenFileLimit {
 public:
  explicit OpenFileLimit(rlim_t files) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{.rlim_cur = files, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~OpenFileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  OpenFileLimit(const OpenFileLimit&) = delete;
  OpenFileLimit& operator=(const OpenFileLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(Limits, TooManyOpenFilesAreSaidAndAreNoDamage) {
  const TempFolder folder;
  constexpr int kShards = 16;  // as many stay open
  for (int i = 0; i < kShards; ++i) {
    Bytes archive;
    append_member(archive, "a.png", png_of(folder.path(), pattern(i % 2, 8, 3, 1, 0)));
    append_member(archive, "a.cls", bytes_of(std::to_string(i % 2)));
    archive.resize(archive.size() + 2 * kTarBlock);
    write_bytes(folder / fmt::format("shards/train-{:06}.tar", i), archive);
  }
  EXPECT_EQ(run_program({"check", "shards"}, folder.path()).code, cli::kDone);
  const OpenFileLimit limit(12);
  const Outcome outcome = run_program({"check", "shards"}, folder.path());
  EXPECT_EQ(outcome.code, cli::kUnsupported);
  EXPECT_THAT(outcome.err, HasSubstr("Too many open files; raise the limit (ulimit -n)"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("damaged")));
}

}  // namespace
}  // namespace alexnet::test
