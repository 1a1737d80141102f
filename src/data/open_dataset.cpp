#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/cifar.h"
#include "data/filesystem_errors.h"
#include "data/idx.h"
#include "data/image_folder.h"
#include "data/shards.h"
#include "data/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

struct KnownSet {
  std::string_view name;
  std::string_view source;
};

constexpr std::array<KnownSet, 4> kKnownSets{{
    {"fashion-mnist", "run 'apt install dataset-fashion-mnist', or put its four .gz files"},
    {"mnist", "put train-images-idx3-ubyte.gz and MNIST's three other files"},
    {"cifar-10", "put the folder cifar-10-batches-bin of CIFAR-10's binary version"},
    {"cifar-100", "put the folder cifar-100-binary of CIFAR-100's binary version"},
}};

std::vector<fs::path> places(std::string_view name) {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("ALEXNET_DATA"); own != nullptr) {
    folders.push_back(fs::path(own) / name);
  }
  folders.push_back(fs::path("/usr/share/datasets") / name);
  folders.push_back(fs::path("/usr/local/share/datasets") / name);
  folders.emplace_back(name);
  return folders;
}

fs::path locate_known(const KnownSet& set) {
  const std::vector<fs::path> folders = places(set.name);
  for (const fs::path& folder : folders) {
    if (fs::is_directory(folder)) return folder;
  }
  std::vector<std::string> names(folders.size());
  std::ranges::transform(folders, names.begin(),
                         [](const fs::path& path) { return path.string(); });
  throw Error(fmt::format("there is no {} here: {} into one of {} (or $ALEXNET_DATA/{})", set.name,
                          set.source, fmt::join(names, ", "), set.name));
}

fs::path locate(std::string_view data) {
  for (const KnownSet& set : kKnownSets) {
    if (set.name == data) return locate_known(set);
  }
  fs::path folder(data);
  if (fs::is_directory(folder)) return folder;
  const std::string_view problem = fs::exists(folder) ? "is not a folder" : "does not exist";
  throw Error(fmt::format(
      "{} {}; give a folder, or one of fashion-mnist, mnist, cifar-10, cifar-100", data, problem));
}

struct FolderFormat {
  bool (*holds)(const fs::path& folder);
  DatasetPtr (*open)(const fs::path& folder, Split split);
  std::vector<Split> (*splits)(const fs::path& folder);
};

// The first that a folder holds.
constexpr std::array<FolderFormat, 4> kFolderFormats{{
    {is_idx_folder, open_idx, idx_splits},
    {is_cifar_folder, open_cifar, cifar_splits},
    {is_shard_folder, open_shard_folder, shard_splits},
    {[](const fs::path&) { return true; }, open_image_folder, image_folder_splits},
}};

const FolderFormat& format_of(const fs::path& folder) {
  return *std::ranges::find_if(kFolderFormats,
                               [&](const FolderFormat& format) { return format.holds(folder); });
}

}  // namespace

DatasetPtr open_dataset(std::string_view data, Split split) {
  return with_plain_errors(data, [&] {
    if (is_shard_pattern(data)) return open_shard_pattern(data, split);
    const fs::path folder = locate(data);
    return format_of(folder).open(folder, split);
  });
}

std::vector<Split> dataset_splits(std::string_view data) {
  return with_plain_errors(data, [&]() -> std::vector<Split> {
    if (is_shard_pattern(data)) return {Split::train};
    const fs::path folder = locate(data);
    return format_of(folder).splits(folder);
  });
}

}  // namespace alexnet
