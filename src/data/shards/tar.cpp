// A tar archive is a sequence of files, each behind a block of 512 bytes that describes it and
// filled up to a multiple of 512; two blocks of zeros end it (POSIX.1-2001, pax).
#include "data/shards/tar.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace alexnet {
namespace {

struct Field {
  std::size_t begin;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kOwner{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kLink{157, 100};
constexpr Field kMagic{257, 6};
constexpr Field kVersion{263, 2};
constexpr Field kPrefix{345, 155};

std::string_view characters(const TarBlock& block, const Field& field) {
  return {reinterpret_cast<const char*>(block.data()) + field.begin, field.size};
}

std::string text(const TarBlock& block, const Field& field) {
  const std::string_view all = characters(block, field);
  return std::string(all.substr(0, all.find('\0')));
}

// Octal digits, nothing for 0, or GNU's big-endian bytes behind a set bit. None: damaged.
std::optional<std::uint64_t> number(const TarBlock& block, const Field& field) {
  const std::string_view all = characters(block, field);
  if ((static_cast<unsigned char>(all[0]) & 0x80U) != 0) {
    std::uint64_t value = 0;
    for (const char c : all.substr(all.size() - 8)) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const std::size_t begin = all.find_first_not_of(std::string_view(" \0", 2));
  std::uint64_t value = 0;
  if (begin == std::string_view::npos) return value;
  const auto [end, error] = std::from_chars(all.data() + begin, all.data() + all.size(), value, 8);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// The sum of all bytes, those of the checksum itself as spaces. Byte is what old writers took bytes
// for: signed or not.
template <class Byte>
std::int64_t checksum(const TarBlock& block) {
  std::int64_t sum = kChecksum.size * std::int64_t{' '};
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.begin && i < kChecksum.begin + kChecksum.size;
    if (!own) sum += static_cast<Byte>(block[i]);
  }
  return sum;
}

bool has_right_checksum(const TarBlock& block) {
  const auto written = number(block, kChecksum);
  if (!written) return false;
  const auto sum = static_cast<std::int64_t>(*written);
  return sum == checksum<unsigned char>(block) || sum == checksum<signed char>(block);
}

bool is_empty(const TarBlock& block) {
  return std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; });
}

// Links, devices and folders have none, whatever size their headers give.
bool has_content(char type) {
  return type < '1' || type > '6';
}

std::string_view below_dot(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  return name;
}

class Reader {
 public:
  explicit Reader(const RandomAccessFile& file) : file_(file) {}

  std::uint64_t unread() const { return unread_; }

  // The next member; none at the end.
  std::optional<TarMember> next() {
    Extension extension;
    TarBlock block;
    while (read_header(block)) {
      const char type = characters(block, kType)[0];
      const std::uint64_t size = content_size(block, extension);
      const std::uint64_t begin = position_;
      check_room(block, begin, size);
      position_ += size + tar_padding(size);
      if (is_extension(type)) {
        read_extension(type, begin, size, extension);
        continue;
      }
      const bool is_device_or_folder = type >= '3' && type <= '6';
      if (!is_device_or_folder && type != 'V') return member(block, extension, begin, size);
      extension = {};
    }
    return std::nullopt;
  }

 private:
  // What GNU's and pax's headers say about the file that follows.
  struct Extension {
    std::string name;
    std::string target;
    std::optional<std::uint64_t> size;
  };

  std::uint64_t content_size(const TarBlock& block, const Extension& extension) const {
    const char type = characters(block, kType)[0];
    if (!has_content(type)) return 0;
    return extension.size && !is_extension(type) ? *extension.size : size_of(block);
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("{}: {}; get or pack the shard again", file_.path().string(), why));
  }

  // False at the end: some writers leave the two blocks of zeros out. Behind them another archive
  // may begin.
  bool read_header(TarBlock& block) {
    bool behind_end = false;
    for (; position_ < file_.size(); position_ += kTarBlock) {
      const std::uint64_t left = file_.size() - position_;
      if (left >= kTarBlock) {
        file_.read(position_, block);
        if (is_empty(block)) {
          behind_end = true;
          continue;
        }
        if (has_right_checksum(block)) {
          position_ += kTarBlock;
          return true;
        }
      }
      if (behind_end) return end_before(left);
      fail(left < kTarBlock
               ? fmt::format("cut short within a header, at byte {}", position_)
               : fmt::format("damaged, the header at byte {} has a wrong checksum", position_));
    }
    return false;
  }

  bool end_before(std::uint64_t unread) {
    unread_ = unread;
    position_ = file_.size();
    return false;
  }

  // GNU's long names and link targets, pax's records for a file or for all (X is Solaris').
  static bool is_extension(char type) {
    return std::string_view("LKxXg").find(type) != std::string_view::npos;
  }

  void read_extension(char type, std::uint64_t begin, std::uint64_t size,
                      Extension& extension) const {
    if (type == 'g') return;
    std::string text = content(begin, size);
    if (type == 'x' || type == 'X') return read_pax(text, extension);
    text.resize(std::min(text.size(), text.find('\0')));
    (type == 'L' ? extension.name : extension.target) = std::move(text);
  }

  TarMember member(const TarBlock& block, Extension& extension, std::uint64_t begin,
                   std::uint64_t size) {
    const char type = characters(block, kType)[0];
    TarMember found{.kind = TarKind::other,
                    .name = extension.name.empty() ? name_of(block) : std::move(extension.name),
                    .target = {},
                    .offset = begin,
                    .size = size};
    if (type == '0' || type == '\0' || type == '7') {
      found.kind = TarKind::file;
      remember(found);
    } else if (type == '1' || type == '2') {
      found.target = extension.target.empty() ? text(block, kLink) : std::move(extension.target);
      found.kind = type == '1' ? resolve(found) : TarKind::symbolic_link;
    }
    return found;
  }

  void remember(const TarMember& file) {
    if (earlier_) (*earlier_)[std::string(below_dot(file.name))] = {file.offset, file.size};
  }

  TarKind resolve(TarMember& link) {
    if (!earlier_) find_earlier();
    const auto file = earlier_->find(std::string(below_dot(link.target)));
    if (file == earlier_->end()) return TarKind::lost_link;
    std::tie(link.offset, link.size) = file->second;
    remember(link);
    return TarKind::file;
  }

  // Few archives have hard links: only for these the names of a million files are kept.
  void find_earlier() {
    Reader again(file_);
    again.earlier_.emplace();
    while (again.position_ < position_) again.next();
    earlier_ = std::move(again.earlier_);
  }

  std::uint64_t size_of(const TarBlock& block) const {
    const auto size = number(block, kSize);
    if (!size) fail(fmt::format("damaged, the size of {} is no number", name_of(block)));
    return *size;
  }

  void check_room(const TarBlock& block, std::uint64_t begin, std::uint64_t size) const {
    if (size <= file_.size() - begin) return;
    fail(fmt::format("cut short within {}, which needs {} bytes and has {}", name_of(block), size,
                     file_.size() - begin));
  }

  static std::string name_of(const TarBlock& block) {
    const std::string name = text(block, kName);
    const bool is_ustar = characters(block, kMagic).starts_with(std::string_view("ustar\0", 6));
    const std::string prefix = is_ustar ? text(block, kPrefix) : "";
    return prefix.empty() ? name : prefix + "/" + name;
  }

  std::string content(std::uint64_t begin, std::uint64_t size) const {
    constexpr std::uint64_t kLongest = 16 << 20;  // a Mac's attributes lie in extended headers
    if (size > kLongest) fail(fmt::format("damaged, an extended header of {} bytes", size));
    std::string bytes(size, '\0');
    file_.read(begin, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  std::uint64_t pax_size(std::string_view value) const {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc{} || end != value.data() + value.size()) {
      fail(fmt::format("damaged, an extended header gives the size '{}'", value));
    }
    return size;
  }

  // Records of "LENGTH KEY=VALUE\n".
  void read_pax(std::string_view records, Extension& extension) const {
    while (!records.empty()) {
      std::size_t length = 0;
      const auto parsed = std::from_chars(records.data(), records.data() + records.size(), length);
      const std::size_t equals = records.find('=');
      const auto digits = static_cast<std::size_t>(parsed.ptr - records.data());
      if (parsed.ec != std::errc{} || length > records.size() || equals + 1 >= length ||
          digits + 1 > equals) {
        fail("damaged, an extended header makes no sense");
      }
      const std::string_view key = records.substr(digits + 1, equals - digits - 1);
      const std::string_view value = records.substr(equals + 1, length - equals - 2);
      if (key == "path") extension.name = value;
      if (key == "linkpath") extension.target = value;
      if (key == "size") extension.size = pax_size(value);
      records.remove_prefix(length);
    }
  }

  const RandomAccessFile& file_;
  std::uint64_t position_ = 0;
  std::uint64_t unread_ = 0;
  // Where the files lie that links may lead to; none until there is a link.
  std::optional<std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>>> earlier_;
};

void put(TarBlock& block, const Field& field, std::string_view value) {
  std::memcpy(block.data() + field.begin, value.data(), value.size());
}

}  // namespace

std::uint64_t read_tar(const RandomAccessFile& file,
                       const std::function<void(const TarMember&)>& visit) {
  Reader reader(file);
  while (const auto member = reader.next()) visit(*member);
  return reader.unread();
}

TarBlock tar_header(const std::string& name, std::uint64_t size) {
  constexpr std::uint64_t kLargest = (std::uint64_t{1} << 33) - 1;  // eleven octal digits
  if (name.size() > kName.size || size > kLargest) {
    throw Error(fmt::format("{} of {} bytes does not fit into a tar archive", name, size));
  }
  TarBlock block{};
  put(block, kName, name);
  put(block, kMode, "0000644");
  put(block, kOwner, "0000000");
  put(block, kGroup, "0000000");
  put(block, kSize, fmt::format("{:011o}", size));
  put(block, kTime, "00000000000");
  put(block, kType, "0");
  put(block, kMagic, "ustar");
  put(block, kVersion, "00");
  put(block, kChecksum, fmt::format("{:06o}", checksum<unsigned char>(block)));
  block[kChecksum.begin + 7] = std::byte{' '};
  return block;
}

}  // namespace alexnet
