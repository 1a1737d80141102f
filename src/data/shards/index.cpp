#include "data/shards/index.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/file.h"
#include "core/system_error.h"
#include "data/sets/split.h"
#include "data/shards/archive_file.h"
#include "data/shards/tar.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kFormat = "alexnet shards 1";

json to_json(const Shard& shard) {
  json offsets = json::array();
  json sizes = json::array();
  json labels = json::array();
  json checksums = json::array();
  for (const ShardSample& sample : shard.samples) {
    offsets.push_back(sample.offset);
    sizes.push_back(sample.size);
    labels.push_back(sample.label);
    checksums.push_back(sample.crc32);
  }
  return {{"file", shard.path.filename().string()},
          {"bytes", shard.bytes},
          {"crc32", shard.crc32},
          {"offsets", std::move(offsets)},
          {"sizes", std::move(sizes)},
          {"labels", std::move(labels)},
          {"crc32s", std::move(checksums)}};
}

/// index.json's values; they know where they come from.
class IndexReader {
 public:
  explicit IndexReader(fs::path folder) : folder_(std::move(folder)) {}

  ShardIndex read() const {
    const json object = parse();
    if (object.value("format", "") != kFormat) {
      fail(fmt::format("is not in the format '{}'", kFormat));
    }
    ShardIndex index{.classes = object.at("classes").get<std::vector<std::string>>(), .parts = {}};
    for (const auto& [name, shards] : object.at("parts").items()) {
      if (std::ranges::find(kSplits, name, split_name) == kSplits.end()) {
        fail(fmt::format("is damaged: '{}' is no part of a set", name));
      }
      ShardIndex::Part part{.name = name, .shards = {}};
      for (const json& shard : shards) part.shards.push_back(read_shard(shard, index.classes));
      if (std::ranges::all_of(part.shards, [](const Shard& s) { return s.samples.empty(); })) {
        fail(fmt::format("is damaged: its part '{}' has no images", name));
      }
      index.parts.push_back(std::move(part));
    }
    if (index.parts.empty()) fail("is damaged: it has no parts");
    return index;
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(
        fmt::format("{} {}; pack the shards again", (folder_ / kShardIndexFile).string(), why));
  }

 private:
  json parse() const {
    const std::string text = read_text_file(folder_ / kShardIndexFile);
    json object = json::parse(text, nullptr, false);
    if (!object.is_object()) fail("is damaged");
    return object;
  }

  Shard read_shard(const json& object, const std::vector<std::string>& classes) const {
    Shard shard{.path = folder_ / fs::path(object.at("file").get<std::string>()).filename(),
                .bytes = object.at("bytes").get<std::uint64_t>(),
                .crc32 = object.at("crc32").get<std::uint32_t>(),
                .has_checksums = true,
                .samples = {}};
    if (shard.path.extension() != ".tar" || !is_archive_name(shard.path)) {
      fail(fmt::format("is damaged: '{}' is no shard's name", shard.path.filename().string()));
    }
    const json& offsets = object.at("offsets");
    const json& sizes = object.at("sizes");
    const json& labels = object.at("labels");
    const json& checksums = object.at("crc32s");
    const std::size_t count = offsets.size();
    if (sizes.size() != count || labels.size() != count || checksums.size() != count) {
      fail(fmt::format("is damaged: its lists of {} differ in length",
                       shard.path.filename().string()));
    }
    shard.samples.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      shard.samples.push_back({.offset = offsets[i].get<std::uint64_t>(),
                               .size = sizes[i].get<std::uint32_t>(),
                               .crc32 = checksums[i].get<std::uint32_t>(),
                               .label = labels[i].get<std::int32_t>()});
      check(shard, shard.samples.back(), classes.size());
    }
    return shard;
  }

  void check(const Shard& shard, const ShardSample& sample, std::size_t classes) const {
    const bool inside = sample.offset >= kTarBlock && sample.offset <= shard.bytes &&
                        sample.size <= shard.bytes - sample.offset;
    const bool known = sample.label >= 0 && static_cast<std::size_t>(sample.label) < classes;
    if (inside && known) return;
    fail(fmt::format("is damaged: a sample of {} at byte {}, of {} bytes and class {}, cannot be",
                     shard.path.filename().string(), sample.offset, sample.size, sample.label));
  }

  fs::path folder_;
};

}  // namespace

bool has_shard_index(const fs::path& folder) {
  const fs::path file = folder / kShardIndexFile;
  if (!fs::is_regular_file(file)) return false;
  const MappedFile mapped(file);
  const std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()),
                              mapped.bytes().size());
  return text.find("\"alexnet shards ") != std::string_view::npos;
}

std::string shard_index_text(const ShardIndex& index) {
  json parts = json::object();
  for (const ShardIndex::Part& part : index.parts) {
    json& shards = parts[part.name] = json::array();
    for (const Shard& shard : part.shards) shards.push_back(to_json(shard));
  }
  const json object{{"format", kFormat}, {"classes", index.classes}, {"parts", std::move(parts)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

void check_shard_files(const ShardIndex::Part& part) {
  for (const Shard& shard : part.shards) {
    std::error_code error;
    const auto bytes = fs::file_size(shard.path, error);
    if (error == std::errc::no_such_file_or_directory) {
      throw Error(fmt::format("{} is not there, and {} lists it; get or pack the shard again",
                              shard.path.string(), kShardIndexFile),
                  ErrorKind::not_found);
    }
    if (error) throw system_error(fmt::format("cannot read {}", shard.path.string()), error);
    if (bytes == shard.bytes) continue;
    throw Error(fmt::format("{} has {} bytes and {} says {}; get or pack the shard again",
                            shard.path.string(), bytes, kShardIndexFile, shard.bytes));
  }
}

ShardIndex read_shard_index(const fs::path& folder) {
  const IndexReader reader(folder);
  try {
    return reader.read();
  } catch (const json::exception&) {
    reader.fail("is damaged: a field is missing or of another type");
  }
}

}  // namespace alexnet
