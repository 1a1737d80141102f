#include "data/shards/scanned_set.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "data/files/lines.h"
#include "data/sets/split.h"
#include "data/shards/dataset.h"
#include "data/shards/scan_cache.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// The classes.txt that a shard's labels follow: beside it, or above the folder of its part.
std::optional<fs::path> class_file_of(const fs::path& shard) {
  fs::path beside = shard.parent_path() / kShardClassesFile;
  if (fs::exists(beside)) return beside;
  std::error_code absent;
  const fs::path folder = fs::weakly_canonical(shard, absent).parent_path();
  fs::path above = folder.parent_path() / kShardClassesFile;
  if (!read_part_name(folder.filename().string()).splits.empty() && fs::exists(above)) return above;
  return std::nullopt;
}

std::optional<fs::path> class_file_of(const std::vector<fs::path>& shards) {
  for (const fs::path& shard : shards) {
    if (auto file = class_file_of(shard)) return file;
  }
  return std::nullopt;
}

struct LabelRange {
  std::int32_t least = 0;
  std::int32_t most = 0;
};

LabelRange labels_of(const Shard& shard) {
  const auto [least, most] = std::ranges::minmax(shard.samples, {}, &ShardSample::label);
  return {least.label, most.label};
}

// Scans shards, each by the classes.txt that it follows, and gives all of them the labels of one:
// the first part's, which is training's if there is any.
class SetReader {
 public:
  explicit SetReader(ShardFiles files) : files_(std::move(files)) {
    const std::vector<Split> splits = files_.splits();
    if (splits.empty()) return;
    classes_file_ = class_file_of(files_.of(splits.front()));
    if (classes_file_) classes_ = list(*classes_file_).names;
    for (const Split split : splits) {
      const auto own = class_file_of(files_.of(split));
      if (own && !classes_file_) refuse_lone_list(*own, split, splits.front());
    }
  }

  DatasetPtr open(Split split) {
    if (files_.of(split).empty()) return nullptr;
    std::vector<Shard> shards = classes_file_ ? by_lists(split) : by_numbers(split);
    return make_shard_dataset(std::move(shards), classes_, std::move(files_.left_out));
  }

 private:
  struct List {
    std::vector<std::string> names;
    LabelNames labels;
  };

  [[noreturn]] static void refuse_lone_list(const fs::path& file, Split split, Split first) {
    throw Error(fmt::format(
        "{} names the classes of the {} part, and archives of the {} part have no {}; put one "
        "beside them, or one for all parts above their folders",
        file.string(), split_name(split), split_name(first), kShardClassesFile));
  }

  const List& list(const fs::path& file) {
    const auto found = lists_.find(file);
    if (found != lists_.end()) return found->second;
    std::vector<std::string> names = read_names(file);
    if (names.empty())
      throw Error(fmt::format("{} names no classes; write a name a line", file.string()));
    LabelNames labels(names);
    return lists_.emplace(file, List{std::move(names), std::move(labels)}).first->second;
  }

  std::vector<Shard> by_lists(Split split) {
    const auto known = static_cast<std::int32_t>(classes_.size());
    bool any_known = false;
    std::vector<Shard> shards;
    for (const fs::path& path : files_.of(split)) {
      shards.push_back(read(path));
      any_known = any_known || std::ranges::any_of(shards.back().samples, [&](const auto& sample) {
                    return sample.label < known;
                  });
    }
    if (any_known) return shards;
    throw Error(
        fmt::format("no image of the {} part is of a class of {}; give the parts the same classes",
                    split_name(split), classes_file_->string()));
  }

  Shard read(const fs::path& path) {
    const auto own = class_file_of(path);
    const fs::path& file = own ? *own : *classes_file_;
    const List& classes = list(file);
    Shard shard = *scan_cache().get(path, classes.labels);
    check_labels(shard, file, classes.names.size());
    if (classes.names != list(*classes_file_).names) relabel(shard, file, classes.names);
    return shard;
  }

  static void check_labels(const Shard& shard, const fs::path& file, std::size_t classes) {
    const std::int32_t most = labels_of(shard).most;
    if (static_cast<std::size_t>(most) < classes) return;
    throw Error(
        fmt::format("{} has {} names, but {} has class {}, "
                    "counted from 0; add the names that are missing",
                    file.string(), classes, shard.path.string(), most));
  }

  // Classes that the first part's list lacks come behind those that it has, if there are images.
  void relabel(Shard& shard, const fs::path& file, const std::vector<std::string>& names) {
    ClassMap map = map_classes(names, classes_);
    if (!map.by_name) {
      throw Error(fmt::format("{} and {} have no name in common; give both parts the same names",
                              classes_file_->string(), file.string()));
    }
    for (ShardSample& sample : shard.samples) {
      std::int32_t& label = map.labels[static_cast<std::size_t>(sample.label)];
      if (label == ClassMap::kUnknown) {
        label = static_cast<std::int32_t>(classes_.size());
        classes_.push_back(names[static_cast<std::size_t>(sample.label)]);
      }
      sample.label = label;
    }
  }

  // As many as all parts need, so that all have the same.
  std::vector<Shard> by_numbers(Split split) {
    std::vector<Shard> shards;
    LabelRange all{.least = std::numeric_limits<std::int32_t>::max(), .most = 0};
    for (const Split part : files_.splits()) {
      for (const fs::path& path : files_.of(part)) {
        const auto shard = scan_cache().get(path);
        const auto [least, most] = labels_of(*shard);
        all = {std::min(all.least, least), std::max(all.most, most)};
        if (part == split) shards.push_back(*shard);
      }
    }
    const std::int32_t first = all.least == 1 ? 1 : 0;
    for (std::int32_t label = first; label <= all.most; ++label) {
      classes_.push_back(std::to_string(label));
    }
    for (Shard& shard : shards) {
      for (ShardSample& sample : shard.samples) sample.label -= first;
    }
    return shards;
  }

  ShardFiles files_;
  std::optional<fs::path> classes_file_;  // that all labels follow in the end
  std::vector<std::string> classes_;
  std::map<fs::path, List> lists_;
};

}  // namespace

DatasetPtr open_scanned_set(ShardFiles files, Split split) {
  return SetReader(std::move(files)).open(split);
}

}  // namespace alexnet
