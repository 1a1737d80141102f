#include "core/cpu_quota.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/threads.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

// Files of /proc and of the mounted groups as Linux has them, below a folder.
class CpuQuota : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    write_text_file(path, text);
  }
  void groups(const std::string& text) const { write("proc/self/cgroup", text); }
  void mounts(const std::string& text) const { write("proc/self/mountinfo", text); }
  std::optional<double> quota() const { return cpu_quota(root_.path()); }

  test::TempFolder root_;
};

constexpr const char* kUnified =
    "24 1 0:22 / /proc rw - proc proc rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(CpuQuota, OfVersion2) {
  mounts(kUnified);
  groups("0::/service\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/service/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota(), 0.5);
  write("sys/fs/cgroup/service/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, IsTheLeastOfAllGroupsAround) {
  mounts(kUnified);
  groups("0::/pod/container\n");
  write("sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/pod/container/cpu.max", "400000 100000\n");
  EXPECT_EQ(quota(), 1.5);
}

TEST_F(CpuQuota, OfVersion1) {
  mounts(
      "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "32 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  groups("5:memory:/user\n4:cpu,cpuacct:/user\n0::/user\n");
  write("sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_quota_us", "250000\n");
  EXPECT_EQ(quota(), 2.5);
}

// Docker mounts the container's own group, and /proc tells its name outside.
TEST_F(CpuQuota, OfAGroupThatIsMountedItself) {
  mounts("31 24 0:27 /docker/1f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  for (const char* group : {"4:cpu:/docker/1f\n", "4:cpu:/elsewhere\n", "4:cpu:/docker/1f/sub\n"}) {
    groups(group);
    EXPECT_EQ(quota(), 0.5) << group;
  }
}

TEST_F(CpuQuota, OfNoGroupsIsNone) {
  EXPECT_EQ(quota(), std::nullopt);
  mounts("nonsense\n1 2 3 - cgroup2\n- - - - - - - cgroup2 a b\n");
  groups("nonsense\n0:\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST(AvailableThreads, AreWholeProcessorsOfAQuota) {
  EXPECT_EQ(threads_within(8, std::nullopt), 8);
  EXPECT_EQ(threads_within(8, 0.5), 1);
  EXPECT_EQ(threads_within(8, 3.9), 3);
  EXPECT_EQ(threads_within(2, 64.0), 2);
}

}  // namespace
}  // namespace alexnet
