#pragma once

#include <filesystem>
#include <optional>

namespace alexnet {

/// How many processors' time control groups (of version 1 or 2) leave this process: half a
/// processor is 0.5. None where they set no limit. `root` is below which /proc and the mounted
/// groups are looked for.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace alexnet
