// A tar archive is a sequence of files, each behind a block of 512 bytes that describes it and
// filled up to a multiple of 512; two blocks of zeros end it (POSIX.1-2001, pax).
#include "data/tar.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

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
constexpr Field kMagic{257, 6};
constexpr Field kVersion{263, 2};
constexpr Field kPrefix{345, 155};

std::string_view view(const TarBlock& block, const Field& field) {
  return {reinterpret_cast<const char*>(block.data()) + field.begin, field.size};
}

std::string text(const TarBlock& block, const Field& field) {
  const std::string_view all = view(block, field);
  return std::string(all.substr(0, all.find('\0')));
}

// Octal digits, nothing for 0, or GNU's big-endian bytes behind a set bit. None: damaged.
std::optional<std::uint64_t> number(const TarBlock& block, const Field& field) {
  const std::string_view all = view(block, field);
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

// The sum of all bytes, those of the checksum itself as spaces.
std::uint64_t checksum(const TarBlock& block) {
  std::uint64_t sum = kChecksum.size * std::uint64_t{' '};
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.begin && i < kChecksum.begin + kChecksum.size;
    if (!own) sum += std::to_integer<std::uint64_t>(block[i]);
  }
  return sum;
}

bool is_empty(const TarBlock& block) {
  return std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; });
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), file_(path) {}

  const RandomAccessFile& file() const { return file_; }

  // The next regular file; none at the end.
  std::optional<TarMember> next() {
    Extension extension;
    TarBlock block;
    while (read_header(block)) {
      const std::uint64_t size = extension.has_size ? extension.size : size_of(block);
      const std::uint64_t begin = position_;
      check_room(block, begin, size);
      position_ += size + tar_padding(size);
      switch (const char type = view(block, kType)[0]) {
        case 'L':
          extension.name = content(begin, size);
          extension.name.resize(std::min(extension.name.size(), extension.name.find('\0')));
          break;
        case 'x':
          read_pax(content(begin, size), extension);
          break;
        default:
          if (type == '0' || type == '\0') {
            return TarMember{extension.name.empty() ? name_of(block) : extension.name, begin, size};
          }
          extension = {};
      }
    }
    return std::nullopt;
  }

 private:
  // What GNU's and pax's headers say about the file that follows.
  struct Extension {
    std::string name;
    std::uint64_t size = 0;
    bool has_size = false;
  };

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("{}: {}; get or pack the shard again", path_.string(), why));
  }

  // False at the end: some writers leave the two blocks of zeros out.
  bool read_header(TarBlock& block) {
    if (position_ >= file_.size()) return false;
    if (file_.size() - position_ < kTarBlock) {
      fail(fmt::format("cut short within a header, at byte {}", position_));
    }
    file_.read(position_, block);
    if (is_empty(block)) return false;
    if (number(block, kChecksum) != checksum(block)) {
      fail(fmt::format("damaged, the header at byte {} has a wrong checksum", position_));
    }
    position_ += kTarBlock;
    return true;
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
    const bool is_ustar = view(block, kMagic).starts_with(std::string_view("ustar\0", 6));
    const std::string prefix = is_ustar ? text(block, kPrefix) : "";
    return prefix.empty() ? name : prefix + "/" + name;
  }

  std::string content(std::uint64_t begin, std::uint64_t size) const {
    constexpr std::uint64_t kLongest = 1 << 20;
    if (size > kLongest) fail(fmt::format("damaged, a name of {} bytes", size));
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
      if (key == "size") {
        extension.size = pax_size(value);
        extension.has_size = true;
      }
      records.remove_prefix(length);
    }
  }

  const std::filesystem::path& path_;
  RandomAccessFile file_;
  std::uint64_t position_ = 0;
};

void put(TarBlock& block, const Field& field, std::string_view value) {
  std::memcpy(block.data() + field.begin, value.data(), value.size());
}

}  // namespace

void read_tar(const std::filesystem::path& path,
              const std::function<void(const RandomAccessFile&, const TarMember&)>& visit) {
  Reader reader(path);
  while (const auto member = reader.next()) visit(reader.file(), *member);
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
  put(block, kChecksum, fmt::format("{:06o}", checksum(block)));
  block[kChecksum.begin + 7] = std::byte{' '};
  return block;
}

}  // namespace alexnet
