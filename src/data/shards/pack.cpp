#include <alexnet/error.h>
#include <alexnet/pack.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.h"
#include "data/files/bytes.h"
#include "data/files/checksum.h"
#include "data/files/filesystem_errors.h"
#include "data/image/formats.h"
#include "data/sets/image_folder.h"
#include "data/sets/split.h"
#include "data/shards/index.h"
#include "data/shards/packed_folder.h"
#include "data/shards/tar.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

/// One archive on its way to the disk.
class ShardWriter {
 public:
  explicit ShardWriter(const fs::path& path)
      : file_(path), shard_{.path = path, .has_checksums = true, .samples = {}} {}

  // The image and its class, under the same key.
  void add(const std::string& key, const std::string& extension, std::span<const std::byte> image,
           std::int32_t label) {
    const std::string number = std::to_string(label);
    shard_.samples.push_back({.offset = shard_.bytes + kTarBlock,
                              .size = static_cast<std::uint32_t>(image.size()),
                              .crc32 = crc32_of(image),
                              .label = label});
    add_member(key + extension, image);
    add_member(key + ".cls", std::as_bytes(std::span(number)));
  }

  bool has_room_for(std::uint64_t size, std::uint64_t limit) const {
    constexpr std::uint64_t kHeadersAndClass = 6 * kTarBlock;  // with the end's two blocks
    return shard_.samples.empty() ||
           shard_.bytes + size + tar_padding(size) + kHeadersAndClass <= limit;
  }

  Shard finish() {
    const std::array<std::byte, 2 * kTarBlock> end{};
    write(end);
    file_.commit();
    return std::move(shard_);
  }

 private:
  void add_member(const std::string& name, std::span<const std::byte> bytes) {
    const std::array<std::byte, kTarBlock> zeros{};
    write(tar_header(name, bytes.size()));
    write(bytes);
    write(std::span(zeros).first(static_cast<std::size_t>(tar_padding(bytes.size()))));
  }

  void write(std::span<const std::byte> bytes) {
    file_.write(bytes);
    shard_.bytes += bytes.size();
    shard_.crc32 = crc32_of(bytes, shard_.crc32);
  }

  AtomicFile file_;
  Shard shard_;
};

using Counter = std::function<void()>;

std::vector<Shard> pack_part(const FolderIndex& files, const std::string& prefix,
                             const PackOptions& options, const RandomKey& order,
                             const Counter& count) {
  const auto size = static_cast<std::uint32_t>(files.size());
  std::vector<Shard> shards;
  std::optional<ShardWriter> writer;
  std::uint32_t number = 0;
  for (const std::uint32_t index : random_order(size, order)) {
    const std::string path = files.path(index);
    const MappedFile image(path);
    if (image.bytes().size() > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(fmt::format("{} is larger than 4 GiB", path));
    }
    if (writer && !writer->has_room_for(image.bytes().size(), options.shard_bytes)) {
      shards.push_back(writer->finish());
      writer.reset();
    }
    if (!writer) writer.emplace(fmt::format("{}{:06}.tar", prefix, shards.size()));
    const std::string extension(image_format(bytes_of(image), path).extensions[0]);
    writer->add(fmt::format("{:08}", number++), extension, image.bytes(), files.label(index));
    count();
  }
  shards.push_back(writer->finish());
  return shards;
}

struct PartFiles {
  Split split;
  std::string path;
  ImageFolderFiles found;
};

std::vector<PartFiles> find_parts(const fs::path& folder) {
  if (!fs::exists(folder)) {
    throw Error(fmt::format("{} does not exist; give a folder of class folders", folder.string()),
                ErrorKind::not_found);
  }
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("{} is not a folder of class folders", folder.string()));
  }
  std::vector<PartFiles> parts;
  const std::vector<DatasetParts::Part> there = image_folder_parts(folder).parts;
  for (const DatasetParts::Part& part : there) {
    parts.push_back({part.split, part.path,
                     std::move(*find_image_folder(folder, part.split, OtherClasses::leave_out))});
    if (parts.back().found.classes == parts.front().found.classes) continue;
    throw Error(
        fmt::format("{} and {} have different class folders; add {}/train, whose classes count",
                    there.front().path, part.path, folder.string()));
  }
  return parts;
}

using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

PackResult pack_parts(const std::vector<PartFiles>& parts, const fs::path& shards,
                      const PackOptions& options, const Progress& progress) {
  std::uint64_t total = 0;
  for (const PartFiles& part : parts) total += part.found.files.size();
  PackedFolder target(shards);
  PackResult result;
  ShardIndex index{.classes = parts.front().found.classes, .parts = {}};
  for (const auto& [split, path, found] : parts) {
    const std::string prefix = target.aside() / fmt::format("{}-", split_name(split));
    const RandomKey order{.seed = options.seed,
                          .purpose = Purpose::packing,
                          .minor = static_cast<std::uint32_t>(split)};
    const auto count = [&] {
      ++result.images;
      if (progress) progress(result.images, total);
    };
    ShardIndex::Part part{.name = std::string(split_name(split)),
                          .shards = pack_part(found.files, prefix, options, order, count)};
    for (const Shard& shard : part.shards) result.bytes += shard.bytes;
    result.shards += part.shards.size();
    for (LeftOut row : found.files.left_out()) {
      row.example = fs::path(path) / row.example;
      result.left_out.push_back(std::move(row));
    }
    index.parts.push_back(std::move(part));
  }
  target.commit(index);
  return result;
}

}  // namespace

PackResult pack(const fs::path& folder, const fs::path& shards, const PackOptions& options,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return with_plain_errors(
      folder.string(), [&] { return pack_parts(find_parts(folder), shards, options, progress); });
}

}  // namespace alexnet
