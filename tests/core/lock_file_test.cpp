#include "core/lock_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

TEST(LockFile, HasOneHolderWhoIsNamed) {
  const test::TempFolder folder;
  const auto path = folder / "lock";
  {
    const LockFile held(path, "writes here");
    EXPECT_ERROR(LockFile(path, "writes here"), fmt::format("process {} on ", getpid()),
                 " writes here");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_NO_THROW(LockFile(path, ""));
}

TEST(LockFile, OfADeadProcessBlocksNobody) {
  const test::TempFolder folder;
  const auto path = folder / "lock";
  const pid_t child = fork();
  if (child == 0) {
    const auto* held = new LockFile(path, "");
    static_cast<void>(held);
    _exit(0);  // without its destructor, as if killed
  }
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(path));
  const LockFile held(path, "writes here");
  EXPECT_EQ(read_text_file(path).find(fmt::format("process {} ", getpid())), 0U);
}

TEST(LockFile, SaysThatItCannotBeWritten) {
  const test::TempFolder folder;
  EXPECT_ERROR(LockFile(folder / "absent" / "lock", ""), "cannot write", "absent");
}

}  // namespace
}  // namespace alexnet
