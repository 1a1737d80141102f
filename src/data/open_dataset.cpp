#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "data/files/file_names.h"
#include "data/files/filesystem_errors.h"
#include "data/sets/cifar.h"
#include "data/sets/idx.h"
#include "data/sets/idx_files.h"
#include "data/sets/image_folder.h"
#include "data/sets/split.h"
#include "data/shards/pattern.h"
#include "data/shards/shard_files.h"
#include "data/shards/shards.h"

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
    {"cifar-10",
     "unpack cifar-10-binary.tar.gz or cifar-10-python.tar.gz, and put the folder that is in it"},
    {"cifar-100",
     "unpack cifar-100-binary.tar.gz or cifar-100-python.tar.gz, and put the folder that is in it"},
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
                          set.source, fmt::join(names, ", "), set.name),
              ErrorKind::not_found);
}

// Where DATA lies, and which of the sets or labels there it chooses: FOLDER:CHOICE.
struct Place {
  fs::path folder;
  std::string_view choice;
};

std::optional<fs::path> find_folder(std::string_view data) {
  for (const KnownSet& set : kKnownSets) {
    if (set.name == data) return locate_known(set);
  }
  if (fs::is_directory(data)) return data;
  return std::nullopt;
}

Place locate(std::string_view data) {
  if (auto folder = find_folder(data)) return {std::move(*folder), {}};
  const std::size_t colon = data.rfind(':');
  if (colon != std::string_view::npos) {
    auto folder = find_folder(data.substr(0, colon));
    if (folder) return {std::move(*folder), data.substr(colon + 1)};
  }
  const bool exists = fs::exists(data);
  throw Error(
      fmt::format("{} {}; give a folder, or one of fashion-mnist, mnist, cifar-10, cifar-100",
                  data.empty() ? "''" : data,
                  exists ? "is not a folder (unpack it if it is an archive)" : "does not exist"),
      exists ? ErrorKind::bad_input : ErrorKind::not_found);
}

// Of formats whose folders have nothing to choose from.
void refuse_choice(const fs::path& folder, std::string_view choice) {
  if (choice.empty()) return;
  throw Error(
      fmt::format("{} has no '{}' to choose; give the folder alone", folder.string(), choice));
}

template <DatasetPtr (*open)(const fs::path&, Split)>
DatasetPtr open_whole(const fs::path& folder, Split split, std::string_view choice) {
  refuse_choice(folder, choice);
  return open(folder, split);
}

struct FolderFormat {
  bool (*holds)(const fs::path& folder);
  DatasetPtr (*open)(const fs::path& folder, Split split, std::string_view choice);
  DatasetParts (*parts)(const fs::path& folder, std::string_view choice);
};

template <std::vector<Split> (*splits)(const fs::path&, std::string_view)>
DatasetParts parts_of_choice(const fs::path& folder, std::string_view choice) {
  const std::string place =
      choice.empty() ? folder.string() : fmt::format("{}:{}", folder.string(), choice);
  std::vector<std::string> beside = other_folders(folder);
  std::erase_if(beside, [&](const std::string& name) {
    return is_idx_name(name) || is_cifar_folder(folder / name);
  });
  return {parts_in_one_place(splits(folder, choice), place), std::move(beside)};
}

DatasetParts shard_parts(const fs::path& folder, std::string_view choice) {
  refuse_choice(folder, choice);
  return shard_folder_parts(folder);
}

DatasetParts folder_parts(const fs::path& folder, std::string_view choice) {
  refuse_choice(folder, choice);
  return image_folder_parts(folder);
}

// What a folder holds that is no folder of images; empty: nothing else.
std::string_view other_set_in(const fs::path& folder) {
  if (is_idx_folder(folder)) return "files in MNIST's form";
  if (is_cifar_folder(folder)) return "CIFAR's files";
  return is_shard_folder(folder) ? "tar shards" : "";
}

bool can_be_read(const fs::path& folder) {
  std::error_code unreadable;
  const fs::directory_iterator entries(folder, unreadable);
  return !unreadable;
}

// Where a folder holds no images, it may hold another set, some levels below.
void refuse_set_below(const fs::path& root) {
  constexpr int kMostLevels = 3;
  constexpr int kMostFolders = 1000;
  int folders = 0;
  std::error_code unreadable;
  for (fs::recursive_directory_iterator it(root, unreadable); it != fs::end(it);
       it.increment(unreadable)) {
    const bool is_open =
        !is_hidden(it->path()) && it->is_directory(unreadable) && can_be_read(it->path());
    if (!is_open || it.depth() + 1 >= kMostLevels) it.disable_recursion_pending();
    if (!is_open) continue;
    if (++folders > kMostFolders) return;
    const std::string_view found = other_set_in(it->path());
    if (found.empty()) continue;
    const bool is_part =
        it.depth() == 0 && read_part_name(it->path().filename().string()).is_plain();
    throw Error(is_part
                    ? fmt::format("{} holds {}, but other parts of {} hold class folders; bring "
                                  "all parts into one form, or give them one by one (--val DATA)",
                                  it->path().string(), found, root.string())
                    : fmt::format("{} is no folder of images, but {} holds {}: give that",
                                  root.string(), it->path().string(), found),
                ErrorKind::not_found);
  }
}

DatasetPtr open_images(const fs::path& folder, Split split, std::string_view choice) {
  refuse_choice(folder, choice);
  try {
    return open_image_folder(folder, split);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) refuse_set_below(folder);
    throw;
  }
}

// The first that a folder holds.
constexpr std::array<FolderFormat, 4> kFolderFormats{{
    {is_idx_folder, open_idx, parts_of_choice<idx_splits>},
    {is_cifar_folder, open_cifar, parts_of_choice<cifar_splits>},
    {is_shard_folder, open_whole<open_shard_folder>, shard_parts},
    {[](const fs::path&) { return true; }, open_images, folder_parts},
}};

const FolderFormat& format_of(const fs::path& folder) {
  if (is_idx_folder(folder) && is_cifar_folder(folder)) {
    throw Error(fmt::format(
        "{} holds files in MNIST's form and CIFAR's; put each set into a folder of its own",
        folder.string()));
  }
  return *std::ranges::find_if(kFolderFormats,
                               [&](const FolderFormat& format) { return format.holds(folder); });
}

}  // namespace

DatasetPtr open_dataset(std::string_view data, Split split) {
  return with_plain_errors(data, [&] {
    if (is_shard_pattern(data)) return open_shard_pattern(data, split);
    const auto [folder, choice] = locate(data);
    return format_of(folder).open(folder, split, choice);
  });
}

DatasetParts describe_parts(std::string_view data) {
  return with_plain_errors(data, [&]() -> DatasetParts {
    if (is_shard_pattern(data)) {
      return {parts_in_one_place(shard_pattern_splits(data), data), {}};
    }
    const auto [folder, choice] = locate(data);
    return format_of(folder).parts(folder, choice);
  });
}

std::vector<Split> dataset_splits(std::string_view data) {
  std::vector<Split> splits;
  for (const DatasetParts::Part& part : describe_parts(data).parts) splits.push_back(part.split);
  return splits;
}

DatasetPtr require_dataset(std::string_view data, Split split) {
  if (DatasetPtr dataset = open_dataset(data, split)) return dataset;
  std::vector<std::string_view> there;
  for (const Split part : dataset_splits(data)) there.push_back(split_name(part));
  throw Error(fmt::format("{} has no part {}, only {}; choose with --split {}", data,
                          split_name(split), fmt::join(there, " and "), fmt::join(there, "|")),
              ErrorKind::not_found);
}

}  // namespace alexnet
