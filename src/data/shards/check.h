#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace alexnet {

/// A shard that is not as index.json says.
struct BadShard {
  std::filesystem::path path;
  std::string problem;
};

/// Reads the shards of a set from front to back and compares each with index.json: its checksum,
/// and the places, sizes and classes of its images. None of a set that has no shards or no index.
/// `progress` hears (bytes done, bytes in all).
std::vector<BadShard> check_shards(
    const Dataset& dataset, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace alexnet
