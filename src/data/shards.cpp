#include "data/shards.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include "core/file.h"
#include "data/file_names.h"
#include "data/shard_dataset.h"
#include "data/shard_index.h"
#include "data/shard_scanner.h"
#include "data/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_class_names(const fs::path& folder) {
  const fs::path file = folder / kShardClassesFile;
  std::vector<std::string> names;
  if (!fs::exists(file)) return names;
  std::istringstream text(read_text_file(file));
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

std::int32_t largest_label(const std::vector<Shard>& shards) {
  std::int32_t largest = 0;
  for (const Shard& shard : shards) {
    for (const ShardSample& sample : shard.samples) largest = std::max(largest, sample.label);
  }
  return largest;
}

std::vector<Shard> scan(const std::vector<fs::path>& paths) {
  std::vector<Shard> shards;
  shards.reserve(paths.size());
  for (const fs::path& path : paths) shards.push_back(scan_shard(path));
  return shards;
}

// The archives of a folder whose names begin with `prefix`, sorted.
std::vector<fs::path> shards_named(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_shard_name(entry.path()) && entry.path().filename().native().starts_with(prefix)) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

std::vector<fs::path> shards_of(const fs::path& folder, Split split) {
  return shards_named(folder, fmt::format("{}-", split_name(split)));
}

bool has_parts(const fs::path& folder) {
  return std::ranges::any_of(kSplits,
                             [&](Split split) { return !shards_of(folder, split).empty(); });
}

std::vector<fs::path> shards_of_others(const fs::path& folder, Split split) {
  std::vector<fs::path> paths;
  for (const Split other : kSplits) {
    if (other == split) continue;
    const std::vector<fs::path> more = shards_of(folder, other);
    paths.insert(paths.end(), more.begin(), more.end());
  }
  return paths;
}

// Names for all labels: those of classes.txt where there is one, else numbers, as many as this part
// and the others need, so that all have the same.
std::vector<std::string> class_names(const fs::path& folder, const std::vector<Shard>& shards,
                                     const std::vector<fs::path>& others) {
  std::vector<std::string> names = read_class_names(folder);
  std::int32_t largest = largest_label(shards);
  if (names.empty()) {
    largest = std::max(largest, largest_label(scan(others)));
    for (std::int32_t i = 0; i <= largest; ++i) names.push_back(std::to_string(i));
  } else if (static_cast<std::size_t>(largest) >= names.size()) {
    throw Error(fmt::format("{} has {} names, but the shards have class {}",
                            (folder / kShardClassesFile).string(), names.size(), largest));
  }
  return names;
}

DatasetPtr open_indexed(const fs::path& folder, Split split) {
  ShardIndex index = read_shard_index(folder);
  // One part alone is what a folder of class folders was packed into: the test set itself.
  const bool is_whole = index.parts.size() == 1 && index.parts.front().name == "train";
  const std::string_view wanted =
      is_whole && split == Split::test ? std::string_view("train") : split_name(split);
  const auto part = std::ranges::find(index.parts, wanted, &ShardIndex::Part::name);
  if (part == index.parts.end()) {
    if (split == Split::validation) return nullptr;
    throw Error(fmt::format("{} has no part '{}'", (folder / kShardIndexFile).string(), wanted));
  }
  check_shard_files(*part);
  return make_shard_dataset(std::move(part->shards), std::move(index.classes));
}

DatasetPtr open_scanned(const fs::path& folder, Split split) {
  const bool parts = has_parts(folder);
  const std::vector<fs::path> paths = parts ? shards_of(folder, split) : shards_named(folder, "");
  if (split == Split::validation && (!parts || paths.empty())) return nullptr;
  if (paths.empty()) {
    throw Error(fmt::format("{} has no {}-*.tar", folder.string(), split_name(split)));
  }
  std::vector<Shard> shards = scan(paths);
  std::vector<std::string> classes = class_names(
      folder, shards, parts ? shards_of_others(folder, split) : std::vector<fs::path>());
  return make_shard_dataset(std::move(shards), std::move(classes));
}

}  // namespace

bool has_split_folders(const fs::path& folder) {
  return std::ranges::any_of(
      kSplits, [&](Split split) { return fs::is_directory(folder / split_name(split)); });
}

// An archive beside class folders, such as the one that they came from, makes no shards of them;
// archives named like parts do, beside any folder but a part's.
bool is_shard_folder(const fs::path& folder) {
  if (has_shard_index(folder)) return true;
  if (has_parts(folder) && !has_split_folders(folder)) return true;
  bool archives = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !is_hidden(entry.path())) return false;
    archives = archives || (is_shard_name(entry.path()) && entry.is_regular_file());
  }
  return archives;
}

bool is_shard_pattern(std::string_view data) {
  return data.ends_with(".tar") && !fs::is_directory(data);
}

std::vector<std::string> expand_shard_pattern(std::string_view pattern) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return {std::string(pattern)};
  const std::size_t close = std::min(pattern.find('}', open), pattern.size());
  const std::string_view range = pattern.substr(open + 1, close - open - 1);
  const std::size_t dots = std::min(range.find(".."), range.size());
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const auto parse = [](std::string_view text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
  };
  constexpr std::uint32_t kMost = 1'000'000;
  if (close == pattern.size() || dots == range.size() || !parse(range.substr(0, dots), first) ||
      !parse(range.substr(dots + 2), last) || last < first || last - first >= kMost) {
    throw Error(
        fmt::format("'{}' is no pattern of shards; write a range of numbers, as in "
                    "train-{{000000..000146}}.tar",
                    pattern));
  }
  std::vector<std::string> names;
  for (std::uint32_t number = first; number <= last; ++number) {
    const std::string name =
        fmt::format("{}{:0{}}{}", pattern.substr(0, open), number, dots, pattern.substr(close + 1));
    for (std::string& expanded : expand_shard_pattern(name)) names.push_back(std::move(expanded));
  }
  return names;
}

DatasetPtr open_shard_folder(const fs::path& folder, Split split) {
  return has_shard_index(folder) ? open_indexed(folder, split) : open_scanned(folder, split);
}

std::vector<Split> shard_splits(const fs::path& folder) {
  std::vector<Split> splits;
  if (has_shard_index(folder)) {
    const ShardIndex index = read_shard_index(folder);
    std::ranges::copy_if(kSplits, std::back_inserter(splits), [&](Split split) {
      return std::ranges::count(index.parts, split_name(split), &ShardIndex::Part::name) > 0;
    });
  } else if (has_parts(folder)) {
    std::ranges::copy_if(kSplits, std::back_inserter(splits),
                         [&](Split split) { return !shards_of(folder, split).empty(); });
  } else {
    splits = {Split::train};
  }
  return splits;
}

DatasetPtr open_shard_pattern(std::string_view pattern, Split split) {
  if (split == Split::validation) return nullptr;
  const std::vector<std::string> files = expand_shard_pattern(pattern);
  std::vector<Shard> shards = scan({files.begin(), files.end()});
  std::vector<std::string> classes = class_names(fs::path(files.front()).parent_path(), shards, {});
  return make_shard_dataset(std::move(shards), std::move(classes));
}

}  // namespace alexnet
