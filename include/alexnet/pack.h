#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

struct PackOptions {
  std::uint64_t shard_bytes = 256'000'000;  ///< a shard holds at most so much, or one image
  std::uint64_t seed = 1;                   ///< of the order, which mixes the classes
};

struct PackResult {
  std::uint64_t images = 0;
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;        ///< of all shards
  std::vector<LeftOut> left_out;  ///< of each part, the examples with whole paths
};

/// Packs a folder of class folders, with its train/, val/ and test/ where it has them, into tar
/// shards by WebDataset's convention: train-000000.tar and so on, with index.json and classes.txt
/// beside them. The images' bytes stay as they are. The same folder gives the same bytes. An
/// earlier set stays as it is until the new one is whole, and is replaced by it then; needs room
/// for both. `progress` hears (images done, images in all). Throws Error, also when a file is
/// no image (decode_image), the parts' classes differ, or `shards` holds what is none of a packed
/// set's files.
PackResult pack(const std::filesystem::path& folder, const std::filesystem::path& shards,
                const PackOptions& options = {},
                const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace alexnet
#pragma GCC visibility pop
