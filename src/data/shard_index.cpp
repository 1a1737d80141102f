#include "data/shard_index.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "core/file.h"
#include "data/tar.h"

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
      ShardIndex::Part part{.name = name, .shards = {}};
      for (const json& shard : shards) part.shards.push_back(read_shard(shard, index.classes));
      index.parts.push_back(std::move(part));
    }
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
    check_file(shard);
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

  void check_file(const Shard& shard) const {
    std::error_code error;
    const auto bytes = fs::file_size(shard.path, error);
    if (error) throw Error(fmt::format("cannot read {}: {}", shard.path.string(), error.message()));
    if (bytes == shard.bytes) return;
    throw Error(fmt::format("{} has {} bytes and {} says {}; get or pack the shard again",
                            shard.path.string(), bytes, kShardIndexFile, shard.bytes));
  }

  fs::path folder_;
};

bool is_image_extension(std::string extension) {
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// Pairs images with their classes, whichever of a key comes first.
class Scanner {
 public:
  explicit Scanner(const fs::path& path)
      : shard_{.path = path, .bytes = fs::file_size(path), .samples = {}} {}

  void visit(const RandomAccessFile& file, const TarMember& member) {
    const std::string_view key = shard_key(member.name);
    const std::string extension = member.name.substr(key.size());
    if (key != key_) {
      finish();
      key_ = key;
    }
    if (extension == ".cls") {
      label_ = read_label(file, member);
    } else if (is_image_extension(extension)) {
      if (image_) fail(member.name, "is a second image of its key");
      if (member.size > std::numeric_limits<std::uint32_t>::max()) {
        fail(member.name, "is larger than 4 GiB");
      }
      image_ = member;
    }
  }

  Shard take() {
    finish();
    if (shard_.samples.empty()) {
      throw Error(fmt::format("{} holds no .jpg or .png with a .cls of the same key",
                              shard_.path.string()));
    }
    return std::move(shard_);
  }

 private:
  [[noreturn]] void fail(const std::string& member, const std::string& why) const {
    throw Error(fmt::format("{}: {} {}", shard_.path.string(), member, why));
  }

  void finish() {
    if (image_) {
      if (!label_) fail(image_->name, "has no .cls of its key behind or before it");
      shard_.samples.push_back({.offset = image_->offset,
                                .size = static_cast<std::uint32_t>(image_->size),
                                .label = *label_});
    }
    image_.reset();
    label_.reset();
  }

  std::int32_t read_label(const RandomAccessFile& file, const TarMember& member) const {
    constexpr std::uint64_t kLongest = 32;
    std::string text(std::min(member.size, kLongest), '\0');
    file.read(member.offset, std::as_writable_bytes(std::span(text)));
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
      text.pop_back();
    }
    std::int32_t label = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
    if (error != std::errc{} || end != text.data() + text.size() || label < 0) {
      fail(member.name, fmt::format("holds '{}', which is no class number", text));
    }
    return label;
  }

  Shard shard_;
  std::string key_;
  std::optional<TarMember> image_;
  std::optional<std::int32_t> label_;
};

}  // namespace

void write_shard_index(const fs::path& folder, const ShardIndex& index) {
  json parts = json::object();
  for (const ShardIndex::Part& part : index.parts) {
    json& shards = parts[part.name] = json::array();
    for (const Shard& shard : part.shards) shards.push_back(to_json(shard));
  }
  const json object{{"format", kFormat}, {"classes", index.classes}, {"parts", std::move(parts)}};
  write_text_file(folder / kShardIndexFile,
                  object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

ShardIndex read_shard_index(const fs::path& folder) {
  const IndexReader reader(folder);
  try {
    return reader.read();
  } catch (const json::exception&) {
    reader.fail("is damaged: a field is missing or of another type");
  }
}

Shard scan_shard(const fs::path& path) {
  Scanner scanner(path);
  read_tar(path, [&](const RandomAccessFile& file, const TarMember& member) {
    scanner.visit(file, member);
  });
  return scanner.take();
}

std::string_view shard_key(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
  return name.substr(0, std::min(name.find('.', begin), name.size()));
}

}  // namespace alexnet
