#include "data/shards.h"

#include <alexnet/error.h>
#include <alexnet/random.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <sstream>
#include <string>
#include <utility>

#include "core/file.h"
#include "data/shard_index.h"
#include "data/tar.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kParts{"train", "val", "test"};

std::string_view part_name(Split split) {
  return kParts.at(static_cast<std::size_t>(split));
}

class Shards : public Dataset {
 public:
  Shards(std::vector<Shard> shards, std::vector<std::string> classes)
      : shards_(std::move(shards)), classes_(std::move(classes)), reads_(shards_.size()) {
    for (const Shard& shard : shards_) {
      first_.push_back(size_);
      size_ += shard.samples.size();
    }
  }

  std::size_t size() const override { return size_; }
  int channels() const override { return 3; }
  const std::vector<std::string>& classes() const override { return classes_; }

  Sample sample(std::size_t index) const override {
    StoredSample stored;
    read(index, stored);
    return {.image = decode_image(stored.file, channels(), stored.name), .label = stored.label};
  }
  void read(std::size_t index, StoredSample& stored) const override;
  std::string name(std::size_t index) const override {
    const Place place = find(index);
    return name_of(place, RandomAccessFile(place.shard.path));
  }

  std::optional<std::vector<std::uint32_t>> stream_order(const RandomKey& key,
                                                         const Rank& rank) const override;

 private:
  struct Place {
    const Shard& shard;
    const ShardSample& sample;
    std::size_t number;  // of the shard
  };

  Place find(std::size_t index) const {
    const auto after = std::ranges::upper_bound(first_, index);
    const auto number = static_cast<std::size_t>(after - first_.begin()) - 1;
    const Shard& shard = shards_[number];
    return {shard, shard.samples[index - first_[number]], number};
  }

  // "train-000003.tar: 00001234.jpg": the name is in the header before the file.
  static std::string name_of(const Place& place, const RandomAccessFile& file) {
    TarBlock block{};
    file.read(place.sample.offset - kTarBlock, block);
    constexpr std::size_t kLongest = 100;
    const std::string_view name(reinterpret_cast<const char*>(block.data()), kLongest);
    return fmt::format("{}: {}", place.shard.path.string(), name.substr(0, name.find('\0')));
  }

  std::vector<Shard> shards_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> first_;  // samples before each shard
  std::size_t size_ = 0;
  mutable std::vector<std::atomic<std::uint64_t>> reads_;  // of each shard
};

void Shards::read(std::size_t index, StoredSample& stored) const {
  const Place place = find(index);
  const RandomAccessFile file(place.shard.path);
  // The first of a pass through the shard: from here on it is read ahead in one go.
  if (reads_[place.number]++ % place.shard.samples.size() == 0) file.will_be_read();
  stored.name = name_of(place, file);
  stored.label = place.sample.label;
  stored.is_file = true;
  stored.file.resize(place.sample.size);
  file.read(place.sample.offset, std::as_writable_bytes(std::span(stored.file)));
  if (!place.shard.has_checksums) return;
  const auto sum = crc32_z(0, stored.file.data(), stored.file.size());
  if (sum != place.sample.crc32) {
    throw ImageError(
        stored.name,
        fmt::format("is damaged: its checksum is {:08x}, not {:08x}", sum, place.sample.crc32),
        "get or pack the shard again");
  }
}

// The shards one behind the other in a random order, of that the rank's part, and of a buffer that
// follows it a random sample each time. Computed from the positions alone: an epoch can be taken up
// anywhere.
std::optional<std::vector<std::uint32_t>> Shards::stream_order(const RandomKey& key,
                                                               const Rank& rank) const {
  std::vector<std::uint32_t> stream;
  stream.reserve(size_);
  RandomKey of_shards = key;
  of_shards.purpose = Purpose::shards;
  for (const std::uint32_t shard :
       random_order(static_cast<std::uint32_t>(shards_.size()), of_shards)) {
    for (std::size_t i = 0; i < shards_[shard].samples.size(); ++i) {
      stream.push_back(static_cast<std::uint32_t>(first_[shard] + i));
    }
  }
  const std::size_t share = size_ / static_cast<std::size_t>(rank.count);
  const auto begin =
      stream.begin() + static_cast<std::ptrdiff_t>(share * static_cast<std::size_t>(rank.index));
  std::vector<std::uint32_t> order;
  order.reserve(share);
  std::vector<std::uint32_t> buffer;
  RandomStream random(key);
  const auto draw = [&] { return random.below(static_cast<std::uint32_t>(buffer.size())); };
  for (auto it = begin; it != begin + static_cast<std::ptrdiff_t>(share); ++it) {
    if (buffer.size() < kShuffleBuffer) {
      buffer.push_back(*it);
    } else {
      order.push_back(std::exchange(buffer[draw()], *it));
    }
  }
  while (!buffer.empty()) {
    std::swap(buffer[draw()], buffer.back());
    order.push_back(buffer.back());
    buffer.pop_back();
  }
  return order;
}

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

// Names for all labels, those of classes.txt where there is one.
std::vector<std::string> class_names(const fs::path& folder, const std::vector<Shard>& shards) {
  std::vector<std::string> names = read_class_names(folder);
  const auto needed = static_cast<std::size_t>(largest_label(shards)) + 1;
  if (names.empty()) {
    for (std::size_t i = 0; i < needed; ++i) names.push_back(std::to_string(i));
  } else if (names.size() < needed) {
    throw Error(fmt::format("{} has {} names, but the shards have class {}",
                            (folder / kShardClassesFile).string(), names.size(), needed - 1));
  }
  return names;
}

std::vector<Shard> scan(const std::vector<fs::path>& paths) {
  std::vector<Shard> shards;
  shards.reserve(paths.size());
  for (const fs::path& path : paths) shards.push_back(scan_shard(path));
  return shards;
}

bool is_shard(const fs::path& path) {
  return path.extension() == ".tar" && !path.filename().native().starts_with('.');
}

// The archives of a folder whose names begin with `prefix`, sorted.
std::vector<fs::path> shards_named(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_shard(entry.path()) && entry.path().filename().native().starts_with(prefix)) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

DatasetPtr open_indexed(const fs::path& folder, Split split) {
  ShardIndex index = read_shard_index(folder);
  const std::string_view wanted = index.parts.size() == 1 && split != Split::validation
                                      ? std::string_view(index.parts.front().name)
                                      : part_name(split);
  const auto part = std::ranges::find(index.parts, wanted, &ShardIndex::Part::name);
  if (part == index.parts.end()) {
    if (split == Split::validation) return nullptr;
    throw Error(fmt::format("{} has no part '{}'", (folder / kShardIndexFile).string(), wanted));
  }
  return std::make_shared<Shards>(std::move(part->shards), std::move(index.classes));
}

}  // namespace

bool is_shard_folder(const fs::path& folder) {
  const auto is_archive = [](const fs::directory_entry& entry) {
    return is_shard(entry.path()) && entry.is_regular_file();
  };
  return fs::exists(folder / kShardIndexFile) ||
         std::ranges::any_of(fs::directory_iterator(folder), is_archive);
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
  if (fs::exists(folder / kShardIndexFile)) return open_indexed(folder, split);
  const bool has_parts = std::ranges::any_of(kParts, [&](std::string_view part) {
    return !shards_named(folder, fmt::format("{}-", part)).empty();
  });
  if (!has_parts && split == Split::validation) return nullptr;
  const std::string prefix = has_parts ? fmt::format("{}-", part_name(split)) : "";
  const std::vector<fs::path> paths = shards_named(folder, prefix);
  if (paths.empty() && split == Split::validation) return nullptr;
  if (paths.empty()) {
    throw Error(fmt::format("{} has no {}*.tar", folder.string(), prefix));
  }
  std::vector<Shard> shards = scan(paths);
  std::vector<std::string> classes = class_names(folder, shards);
  return std::make_shared<Shards>(std::move(shards), std::move(classes));
}

DatasetPtr open_shard_pattern(std::string_view pattern, Split split) {
  if (split == Split::validation) return nullptr;
  const std::vector<std::string> names = expand_shard_pattern(pattern);
  std::vector<Shard> shards = scan({names.begin(), names.end()});
  std::vector<std::string> classes = class_names(fs::path(names.front()).parent_path(), shards);
  return std::make_shared<Shards>(std::move(shards), std::move(classes));
}

}  // namespace alexnet
