#include "data/shards/check.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "data/files/checksum.h"
#include "data/files/random_access_file.h"
#include "data/shards/dataset.h"
#include "data/shards/scanner.h"

namespace alexnet {
namespace {

// Hears how many bytes more were read.
using Count = std::function<void(std::uint64_t)>;

std::uint32_t crc32_of_file(const std::filesystem::path& path, const Count& count) {
  constexpr std::uint64_t kPiece = 1 << 20;
  const RandomAccessFile file(path);
  std::vector<std::byte> buffer(kPiece);
  std::uint32_t sum = 0;
  for (std::uint64_t begin = 0; begin < file.size(); begin += kPiece) {
    const auto piece = std::span(buffer).first(std::min(kPiece, file.size() - begin));
    file.read(begin, piece);
    sum = crc32_of(piece, sum);
    count(piece.size());
  }
  return sum;
}

bool same_place(const ShardSample& a, const ShardSample& b) {
  return a.offset == b.offset && a.size == b.size && a.label == b.label;
}

// What is wrong with a shard, or nothing.
std::string problem_of(const Shard& shard, const Count& count) {
  try {
    const std::uint32_t sum = crc32_of_file(shard.path, count);
    if (sum != shard.crc32) {
      return fmt::format("is damaged: its checksum is {:08x}, not {:08x}", sum, shard.crc32);
    }
    if (!std::ranges::equal(scan_shard(shard.path).samples, shard.samples, same_place)) {
      return fmt::format("has other images or classes than {} lists", kShardIndexFile);
    }
    return "";
  } catch (const Error& error) {
    return fmt::format("cannot be read: {}", error.what());
  }
}

}  // namespace

std::vector<BadShard> check_shards(
    const Dataset& dataset, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const std::span<const Shard> shards = shards_in(dataset);
  std::uint64_t total = 0;
  for (const Shard& shard : shards) total += shard.bytes;
  std::uint64_t done = 0;
  std::vector<BadShard> bad;
  for (const Shard& shard : shards) {
    if (!shard.has_checksums) continue;
    std::string problem =
        problem_of(shard, [&](std::uint64_t bytes) { progress(done += bytes, total); });
    if (!problem.empty()) bad.push_back({shard.path, std::move(problem)});
  }
  return bad;
}

}  // namespace alexnet
