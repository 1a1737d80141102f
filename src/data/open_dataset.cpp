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
#include "data/idx.h"
#include "data/image_folder.h"
#include "data/shards.h"

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

}  // namespace

DatasetPtr open_dataset(std::string_view data, Split split) {
  try {
    if (is_shard_pattern(data)) return open_shard_pattern(data, split);
    const fs::path folder = locate(data);
    if (is_idx_folder(folder)) return open_idx(folder, split);
    if (is_cifar_folder(folder)) return open_cifar(folder, split);
    if (is_shard_folder(folder)) return open_shard_folder(folder, split);
    return open_image_folder(folder, split);
  } catch (const fs::filesystem_error& error) {
    const std::string place = error.path1().empty() ? std::string(data) : error.path1().string();
    throw Error(fmt::format("cannot read {}: {}", place, error.code().message()));
  }
}

}  // namespace alexnet
