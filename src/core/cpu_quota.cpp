#include "core/cpu_quota.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool names_cpu(const std::string& list) {
  return std::ranges::count(split(list, ','), "cpu") > 0;
}

// Where a hierarchy of groups is mounted, and which of its groups is there.
struct Mount {
  fs::path group;
  fs::path folder;
  bool is_unified = false;  // version 2
};

// /proc/self/mountinfo: id, parent, device, group, folder, options, tags, "-", type, source,
// options of the file system.
std::vector<Mount> cpu_mounts(const fs::path& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 6 || fields.end() - dash < 4) continue;
    const bool is_unified = dash[1] == "cgroup2";
    if (!is_unified && !(dash[1] == "cgroup" && names_cpu(dash[3]))) continue;
    mounts.push_back({fields[3], root / fs::path(fields[4]).relative_path(), is_unified});
  }
  return mounts;
}

// /proc/self/cgroup: number, controllers (of version 2 none), group.
std::optional<fs::path> own_group(const fs::path& root, bool is_unified) {
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() < 3) continue;
    if (is_unified ? fields[1].empty() : names_cpu(fields[1])) return fields[2];
  }
  return std::nullopt;
}

// Of one group. A quota that is no number ("max") is none.
std::optional<double> quota_of(const fs::path& group, bool is_unified) {
  double quota = 0;
  double period = 0;
  if (is_unified) {
    std::ifstream(group / "cpu.max") >> quota >> period;
  } else {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  }
  if (!(quota > 0 && period > 0)) return std::nullopt;
  return quota / period;
}

// The least of the group's own and those of the groups that it is in. A group that is not below the
// mounted one is that of another namespace: the mounted one is what can be seen of it.
std::optional<double> least_quota(const Mount& mount, const fs::path& own) {
  const fs::path inside = own.lexically_relative(mount.group);
  const bool is_below = !inside.empty() && *inside.begin() != "..";
  std::optional<double> least = quota_of(mount.folder, mount.is_unified);
  fs::path folder = mount.folder;
  for (const fs::path& step : is_below ? inside : fs::path()) {
    folder /= step;
    const auto quota = quota_of(folder, mount.is_unified);
    if (quota) least = std::min(least.value_or(*quota), *quota);
  }
  return least;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  std::optional<double> least;
  for (const Mount& mount : cpu_mounts(root)) {
    const auto own = own_group(root, mount.is_unified);
    if (!own) continue;
    const auto quota = least_quota(mount, *own);
    if (quota) least = std::min(least.value_or(*quota), *quota);
  }
  return least;
}

}  // namespace alexnet
