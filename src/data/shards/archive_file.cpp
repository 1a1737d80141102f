#include "data/shards/archive_file.h"

#include <alexnet/error.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "core/file.h"
#include "core/system_error.h"
#include "data/files/file_names.h"
#include "data/files/gzip_file.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr std::array kSuffixes{".tar"sv,   ".tar.gz"sv,  ".tgz"sv,   ".tar.bz2"sv, ".tbz2"sv,
                               ".tbz"sv,   ".tar.xz"sv,  ".txz"sv,   ".tar.zst"sv, ".tzst"sv,
                               ".tar.z"sv, ".tar.lz4"sv, ".tar.lz"sv};

// By its first bytes.
struct Compression {
  std::string_view magic;
  std::size_t place;  // of the magic
  std::string_view name;
  std::string_view program;  // that unpacks it
};
constexpr std::string_view kGzipMagic = "\x1f\x8b"sv;
constexpr std::array<Compression, 7> kCompressions{{
    {"\xfd"
     "7zXZ\0"sv,
     0, "xz", "unxz"},
    {"1AY&SY"sv, 4, "bzip2", "bunzip2"},
    {"\x28\xb5\x2f\xfd"sv, 0, "zstd", "unzstd"},
    {"\x04\x22\x4d\x18"sv, 0, "lz4", "unlz4"},
    {"LZIP\x01"sv, 0, "lzip", "lzip -d"},
    {"\x1f\x9d"sv, 0, "compress", "gunzip"},
    {"PK\x03\x04"sv, 0, "zip", "unzip"},
}};

std::optional<std::string_view> suffix_of(const fs::path& path) {
  const std::string name = lowered(path.filename().string());
  const auto found = std::ranges::find_if(
      kSuffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
  if (found == kSuffixes.end() || is_hidden(path)) return std::nullopt;
  return *found;
}

std::string first_bytes(const RandomAccessFile& file) {
  constexpr std::uint64_t kLongest = 10;
  std::string bytes(std::min(file.size(), kLongest), '\0');
  file.read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// A file that has a descriptor and no name.
class NamelessFile {
 public:
  explicit NamelessFile(const fs::path& folder) : folder_(folder) {
    std::string name = (folder / "alexnet-XXXXXX").string();
    descriptor_ = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail();
    unlink(name.c_str());
  }
  ~NamelessFile() { close(descriptor_); }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  void write(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail();
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }
  std::unique_ptr<const MappedFile> map() const {
    return std::make_unique<const MappedFile>(fmt::format("/proc/self/fd/{}", descriptor_));
  }

 private:
  [[noreturn]] void fail() const {
    throw system_error(fmt::format("cannot unpack into {}", folder_.string()), last_error());
  }

  fs::path folder_;
  int descriptor_ = -1;
};

fs::path temporary_folder() {
  const char* own = std::getenv("TMPDIR");
  return own != nullptr && *own != '\0' ? own : "/var/tmp";
}

void check_space(const fs::path& folder, const fs::path& archive, std::uintmax_t unpacked) {
  constexpr std::uintmax_t kLeft = 256 << 20;
  constexpr std::uintmax_t kMega = 1'000'000;
  if (fs::space(folder).available >= kLeft) return;
  throw Error(fmt::format("there is no space in {} to unpack {} ({} MB, more than {} MB when "
                          "unpacked); unpack it with gunzip, or set TMPDIR to a folder on a larger "
                          "disk",
                          folder.string(), archive.string(), fs::file_size(archive) / kMega,
                          unpacked / kMega),
              ErrorKind::io);
}

std::unique_ptr<const MappedFile> unpack(const fs::path& path) {
  constexpr std::size_t kPiece = 8 << 20;
  const fs::path folder = temporary_folder();
  const NamelessFile unpacked(folder);
  GzipFile packed(path);
  for (std::uintmax_t size = 0;;) {
    check_space(folder, path, size);
    const std::vector<std::uint8_t> piece = packed.read(kPiece);
    unpacked.write(piece);
    size += piece.size();
    if (piece.size() < kPiece) return unpacked.map();
  }
}

}  // namespace

bool is_archive_name(const fs::path& path) {
  return suffix_of(path).has_value();
}

std::string archive_stem(const fs::path& path) {
  std::string name = path.filename().string();
  name.resize(name.size() - suffix_of(path).value_or("").size());
  return name;
}

std::shared_ptr<const RandomAccessFile> open_archive(const fs::path& path) {
  auto file = std::make_shared<const RandomAccessFile>(path);
  const std::string begin = first_bytes(*file);
  if (begin.starts_with(kGzipMagic)) {
    return std::make_shared<const RandomAccessFile>(path, unpack(path));
  }
  for (const auto& [magic, place, name, program] : kCompressions) {
    if (begin.size() < place || !begin.substr(place).starts_with(magic)) continue;
    throw Error(fmt::format("{} is compressed with {}, which is not read; unpack it with '{}'",
                            path.string(), name, program));
  }
  return file;
}

}  // namespace alexnet
