#include "data/shards/scanner.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "data/files/file_names.h"
#include "data/image/formats.h"
#include "data/sets/left_out.h"
#include "data/shards/archive_file.h"
#include "data/shards/tar.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::size_t last_part_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

// The part of a member's name before the first dot of its last part: what belongs together has the
// same.
std::string_view shard_key(std::string_view name) {
  return name.substr(0, std::min(name.find('.', last_part_of(name)), name.size()));
}

// Hidden files, among them a Mac's attributes ("._a.jpg"), and what is in hidden folders or in
// those of notes: PaxHeaders of an archive that was unpacked by what does not know them.
bool is_note(std::string_view name) {
  for (std::size_t end = name.find('/'); end != name.npos; end = name.find('/')) {
    const std::string_view folder = name.substr(0, end);
    const bool is_step = folder.empty() || folder == "." || folder == "..";
    if (!is_step && (is_hidden(folder) || folder.starts_with("PaxHeader"))) return true;
    name.remove_prefix(end + 1);
  }
  return is_hidden(name) || name.starts_with("PaxHeader");
}

// Pairs images with their labels, whichever of a key comes first.
class Scanner {
 public:
  Scanner(const fs::path& path, const LabelNames& names)
      : file_(open_archive(path)),
        names_(names),
        shard_{.path = path, .bytes = file_->size(), .samples = {}} {}

  Shard scan() {
    const std::uint64_t unread = read_tar(*file_, [this](const TarMember& member) {
      if (!is_note(member.name)) return visit(member);
      if (hidden_image_.empty() && is_image_extension(fs::path(member.name).extension())) {
        hidden_image_ = member.name;
      }
    });
    finish();
    if (unread > 0) {
      add_left_out(shard_.left_out,
                   {"bytes behind an archive's end", 1, shard_.path.filename().string()});
    }
    if (shard_.samples.empty()) refuse_empty();
    if (file_->is_unpacked()) shard_.unpacked = file_;
    return std::move(shard_);
  }

 private:
  void visit(const TarMember& member) {
    const std::string_view key = shard_key(member.name);
    const std::string extension = member.name.substr(key.size());
    const auto rank = label_extension_rank(extension);
    const bool is_image = is_image_extension(extension);
    if (key != key_) begin(key);
    if (member.kind == TarKind::lost_link && (rank || is_image)) {
      fail(member.name, fmt::format("is a hard link to {}, which the archive does not hold "
                                    "before it",
                                    member.target));
    }
    if (member.kind == TarKind::symbolic_link) return leave_out("a symbolic link", member.name);
    if (member.kind != TarKind::file) return leave_out("not a regular file", member.name);
    if (rank) {
      take(labels_.at(*rank), member);
    } else if (is_image) {
      if (member.size > std::numeric_limits<std::uint32_t>::max()) {
        fail(member.name, "is larger than 4 GiB");
      }
      take(image_, member);
    } else {
      leave_out("no image", member.name);
    }
  }

  // A second of its kind belongs to another sample: of an archive that follows, say.
  void take(std::optional<TarMember>& place, const TarMember& member) {
    if (place) {
      if (!image_ || !has_label()) fail(member.name, "is a second one of its key");
      finish();
    }
    place = member;
  }

  bool has_label() const {
    return std::ranges::any_of(labels_, [](const auto& label) { return label.has_value(); });
  }

  void begin(std::string_view key) {
    finish();
    key_ = key;
  }

  void finish() {
    if (image_) {
      const std::int32_t label = find_label();
      if (!image_->target.empty()) shard_.links.emplace(shard_.samples.size(), image_->name);
      shard_.samples.push_back({.offset = image_->offset,
                                .size = static_cast<std::uint32_t>(image_->size),
                                .label = label});
    } else {
      for (std::size_t rank = 0; rank < labels_.size(); ++rank) {
        if (!labels_.at(rank)) continue;
        leave_out(rank < kPureLabelExtensions ? "a label without an image" : "no image",
                  labels_.at(rank)->name);
      }
    }
    image_.reset();
    labels_ = {};
  }

  std::int32_t find_label() const {
    for (const auto& member : labels_) {
      if (!member) continue;
      if (const auto label = read_label(*file_, *member, names_)) return *label;
    }
    fail(image_->name,
         "has no label: a .cls, .class, .json or .txt of its key; if the archive is a folder of "
         "images, unpack it");
  }

  void leave_out(const char* reason, const std::string& member) {
    add_left_out(shard_.left_out,
                 {reason, 1, fmt::format("{}: {}", shard_.path.filename().string(), member)});
  }

  [[noreturn]] void fail(const std::string& member, const std::string& why) const {
    throw Error(fmt::format("{}: {} {}", shard_.path.string(), member, why));
  }

  [[noreturn]] void refuse_empty() const {
    if (!hidden_image_.empty()) {
      throw Error(
          fmt::format("{} holds images in hidden folders alone, or under hidden names, such as {}; "
                      "archive them again under others",
                      shard_.path.string(), hidden_image_));
    }
    throw Error(
        fmt::format("{} holds no images with a .cls, .class, .json or .txt of the same "
                    "key; if it is a set as it was downloaded, unpack it",
                    shard_.path.string()));
  }

  std::shared_ptr<const RandomAccessFile> file_;
  const LabelNames& names_;
  Shard shard_;
  std::string key_;
  std::string hidden_image_;  // the first
  std::optional<TarMember> image_;
  std::array<std::optional<TarMember>, kLabelExtensions> labels_;
};

}  // namespace

Shard scan_shard(const std::filesystem::path& path, const LabelNames& names) {
  return Scanner(path, names).scan();
}

}  // namespace alexnet
