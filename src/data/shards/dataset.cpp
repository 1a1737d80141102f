#include "data/shards/dataset.h"

#include <alexnet/error.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

#include "data/files/checksum.h"
#include "data/files/random_access_file.h"
#include "data/sets/left_out.h"
#include "data/shards/archive_file.h"
#include "data/shards/shards.h"
#include "data/shards/tar.h"

namespace alexnet {
namespace {

// The shards that were read last stay open: the system then sees that they are read from front to
// back, and far folders are not asked for each image.
class OpenShards {
 public:
  std::shared_ptr<const RandomAccessFile> get(const Shard& shard) {
    if (shard.unpacked) return shard.unpacked;
    constexpr std::size_t kMost = 16;
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(files_, &shard, &Entry::first);
    if (found != files_.end()) return found->second;
    if (files_.size() == kMost) files_.pop_front();
    files_.emplace_back(&shard, std::make_shared<const RandomAccessFile>(shard.path));
    return files_.back().second;
  }

 private:
  using Entry = std::pair<const Shard*, std::shared_ptr<const RandomAccessFile>>;
  std::mutex mutex_;
  std::deque<Entry> files_;
};

class Shards : public Dataset {
 public:
  Shards(std::vector<Shard> shards, std::vector<std::string> classes, std::vector<LeftOut> left_out)
      : shards_(std::move(shards)),
        classes_(std::move(classes)),
        left_out_(std::move(left_out)),
        told_(shards_.size()) {
    for (const Shard& shard : shards_) {
      first_.push_back(size_);
      size_ += shard.samples.size();
      for (const LeftOut& members : shard.left_out) add_left_out(left_out_, members);
      in_one_folder_ =
          in_one_folder_ && shard.path.parent_path() == shards_.front().path.parent_path();
    }
    for (std::size_t i = 0; i < shards_.size(); ++i) told_[i] = shards_[i].bytes;
  }

  std::span<const Shard> shards() const { return shards_; }
  std::size_t size() const override { return size_; }
  int channels() const override { return 3; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::vector<LeftOut> left_out() const override { return left_out_; }

  Sample sample(std::size_t index) const override {
    StoredSample stored;
    read(index, stored);
    return {.image = decode_image(stored.file, {.channels = channels(), .source = stored.name}),
            .label = stored.label};
  }
  void read(std::size_t index, StoredSample& stored) const override;
  std::string name(std::size_t index) const override;
  std::string key(std::size_t index) const override;
  std::int32_t label(std::size_t index) const override { return find(index).sample.label; }
  std::optional<std::uint64_t> stored_bytes(std::size_t index) const override {
    return find(index).sample.size;
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
  void read_ahead(const Place& place, const RandomAccessFile& file) const;

  std::vector<Shard> shards_;
  std::vector<std::string> classes_;
  std::vector<LeftOut> left_out_;
  bool in_one_folder_ = true;
  std::vector<std::size_t> first_;  // samples before each shard
  std::size_t size_ = 0;
  mutable OpenShards open_;
  // Of each shard, how far the system has been told of this pass; all of it while there is none.
  mutable std::vector<std::atomic<std::uint64_t>> told_;
};

// "train-000003.tar: 00001234.jpg": the name is in the header before the file, but for links.
std::string name_of(const Shard& shard, const ShardSample& sample, const RandomAccessFile& file) {
  const auto number = static_cast<std::size_t>(&sample - shard.samples.data());
  if (const auto link = shard.links.find(number); link != shard.links.end()) {
    return fmt::format("{}: {}", shard.path.string(), link->second);
  }
  TarBlock block{};
  file.read(sample.offset - kTarBlock, block);
  constexpr std::size_t kLongest = 100;
  const std::string_view name(reinterpret_cast<const char*>(block.data()), kLongest);
  return fmt::format("{}: {}", shard.path.string(), name.substr(0, name.find('\0')));
}

std::string Shards::name(std::size_t index) const {
  const Place place = find(index);
  try {
    return name_of(place.shard, place.sample, *open_.get(place.shard));
  } catch (const Error&) {  // where the header cannot be read, its place will do
    return fmt::format("{}: the image at byte {}", place.shard.path.string(), place.sample.offset);
  }
}

// That of the archive as it is unpacked, so that gunzip changes nothing.
std::string Shards::key(std::size_t index) const {
  const Place place = find(index);
  const std::filesystem::path& path = place.shard.path;
  const std::filesystem::path file = fmt::format("{}.tar", archive_stem(path));
  const std::filesystem::path name = in_one_folder_ ? file : path.parent_path().filename() / file;
  return fmt::format("{}: {}", name.string(), place.sample.offset);
}

void Shards::read(std::size_t index, StoredSample& stored) const {
  const Place place = find(index);
  const auto file = open_.get(place.shard);
  read_ahead(place, *file);
  stored.name = name_of(place.shard, place.sample, *file);
  stored.label = place.sample.label;
  stored.is_file = true;
  stored.file.resize(place.sample.size);
  const auto bytes = std::as_writable_bytes(std::span(stored.file));
  file->read(place.sample.offset, bytes);
  if (!place.shard.has_checksums) return;
  const std::uint32_t sum = crc32_of(bytes);
  if (sum != place.sample.crc32) {
    throw ImageError(
        stored.name,
        fmt::format("is damaged: its checksum is {:08x}, not {:08x}", sum, place.sample.crc32),
        "get or pack the shard again");
  }
}

// In the stream's order the foremost image that was wanted so far shows how far the stream is.
void Shards::read_ahead(const Place& place, const RandomAccessFile& file) const {
  constexpr std::uint64_t kAhead = 32 << 20;
  const std::uint64_t at = place.sample.offset;
  const std::uint64_t end = std::min(at + place.sample.size + kAhead, place.shard.bytes);
  std::atomic<std::uint64_t>& told = told_[place.number];
  std::uint64_t begin = told;
  while (begin < end && !told.compare_exchange_weak(begin, end)) {
  }
  file.will_be_read(std::max(begin, at - std::min(at, kAhead)), end);
}

// The shards one behind the other in a random order, of that the rank's part, and of a buffer that
// follows it a random sample each time. Computed from the positions alone: an epoch can be taken up
// anywhere.
std::optional<std::vector<std::uint32_t>> Shards::stream_order(const RandomKey& key,
                                                               const Rank& rank) const {
  for (std::atomic<std::uint64_t>& told : told_) told = 0;
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

}  // namespace

DatasetPtr make_shard_dataset(std::vector<Shard> shards, std::vector<std::string> classes,
                              std::vector<LeftOut> left_out) {
  return std::make_shared<Shards>(std::move(shards), std::move(classes), std::move(left_out));
}

std::span<const Shard> shards_in(const Dataset& dataset) {
  const auto* set = dynamic_cast<const Shards*>(&dataset);
  return set == nullptr ? std::span<const Shard>() : set->shards();
}

}  // namespace alexnet
