#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/pack.h>
#include <alexnet/random.h>
#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.h"
#include "data/bytes.h"
#include "data/codec.h"
#include "data/image_folder.h"
#include "data/shard_index.h"
#include "data/tar.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::uint32_t add_to_crc32(std::uint32_t sum, std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(sum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

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
                              .crc32 = add_to_crc32(0, image),
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
    shard_.crc32 = add_to_crc32(shard_.crc32, bytes);
  }

  AtomicFile file_;
  Shard shard_;
};

std::string extension_of(ByteView image, const std::string& path) {
  if (is_jpeg(image)) return ".jpg";
  if (is_png(image)) return ".png";
  throw Error(fmt::format("{} is neither a JPEG nor a PNG image; replace or remove it", path));
}

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
    writer->add(fmt::format("{:08}", number++), extension_of(view(image), path), image.bytes(),
                files.label(index));
    count();
  }
  shards.push_back(writer->finish());
  return shards;
}

std::string part_name(Split split) {
  constexpr std::array<const char*, 3> kNames{"train", "val", "test"};
  return kNames.at(static_cast<std::size_t>(split));
}

// An earlier set's shards beyond the new one's would be taken for parts of it by other readers.
void check_target(const fs::path& shards) {
  if (!fs::exists(shards)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(shards)) {
    const bool others = entry.path().extension() == ".tar" && !fs::exists(shards / kShardIndexFile);
    if (entry.is_directory() || others) {
      throw Error(
          fmt::format("{} holds {}, which is none of a packed set's files; give a folder "
                      "of its own",
                      shards.string(), entry.path().filename().string()));
    }
  }
}

void remove_earlier_set(const fs::path& shards) {
  if (!fs::exists(shards / kShardIndexFile)) return;
  fs::remove(shards / kShardIndexFile);
  for (const fs::directory_entry& entry : fs::directory_iterator(shards)) {
    if (entry.path().extension() == ".tar") fs::remove(entry.path());
  }
}

}  // namespace

PackResult pack(const fs::path& folder, const fs::path& shards, const PackOptions& options,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("{} is not a folder of class folders", folder.string()));
  }
  std::vector<std::pair<Split, ImageFolderFiles>> parts;
  std::uint64_t total = 0;
  for (const Split split : image_folder_splits(folder)) {
    parts.emplace_back(split, std::move(*find_image_folder(folder, split)));
    total += parts.back().second.files.size();
  }
  check_target(shards);
  fs::create_directories(shards);
  remove_earlier_set(shards);
  PackResult result;
  ShardIndex index{.classes = parts.front().second.classes, .parts = {}};
  for (const auto& [split, found] : parts) {
    const std::string prefix = shards / (part_name(split) + "-");
    const RandomKey order{.seed = options.seed,
                          .purpose = Purpose::packing,
                          .minor = static_cast<std::uint32_t>(split)};
    const auto count = [&] {
      ++result.images;
      if (progress) progress(result.images, total);
    };
    ShardIndex::Part part{.name = part_name(split),
                          .shards = pack_part(found.files, prefix, options, order, count)};
    for (const Shard& shard : part.shards) result.bytes += shard.bytes;
    result.shards += part.shards.size();
    index.parts.push_back(std::move(part));
  }
  std::string names;
  for (const std::string& name : index.classes) names += name + "\n";
  write_text_file(shards / kShardClassesFile, names);
  write_shard_index(shards, index);
  return result;
}

}  // namespace alexnet
