#include "data/shard_scanner.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "data/file_names.h"
#include "data/tar.h"

namespace alexnet {
namespace {

// The part of a member's name before the first dot of its last part: what belongs together has the
// same.
std::string_view shard_key(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
  return name.substr(0, std::min(name.find('.', begin), name.size()));
}

// Pairs images with their classes, whichever of a key comes first.
class Scanner {
 public:
  explicit Scanner(const std::filesystem::path& path)
      : shard_{.path = path, .bytes = std::filesystem::file_size(path), .samples = {}} {}

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
    constexpr std::int32_t kMostClasses = 1'000'000;
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
    if (label >= kMostClasses) {
      fail(member.name, fmt::format("holds class {}; there may be {}", label, kMostClasses));
    }
    return label;
  }

  Shard shard_;
  std::string key_;
  std::optional<TarMember> image_;
  std::optional<std::int32_t> label_;
};

}  // namespace

Shard scan_shard(const std::filesystem::path& path) {
  Scanner scanner(path);
  read_tar(path, [&](const RandomAccessFile& file, const TarMember& member) {
    scanner.visit(file, member);
  });
  return scanner.take();
}

}  // namespace alexnet
