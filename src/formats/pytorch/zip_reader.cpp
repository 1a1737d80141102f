#include "formats/pytorch/zip_reader.h"

#include <fmt/format.h>
#include <minizip/unzip.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <type_traits>

#include "formats/pytorch/error.h"
#include "formats/pytorch/zip64.h"

namespace alexnet {
namespace {

constexpr std::uint64_t kMostEntries = 50'000;

// minizip's view of the mapped file. Its functions never fail but by reading less.
struct Stream {
  std::span<const std::byte> file;
  std::size_t position = 0;
};

Stream& stream(void* opaque) {
  return *static_cast<Stream*>(opaque);
}

void* open_stream(void* opaque, const void* /*name*/, int /*mode*/) {
  return opaque;
}

uLong read_stream(void* opaque, void* /*stream*/, void* to, uLong size) {
  auto& [file, position] = stream(opaque);
  const std::size_t count = std::min<std::size_t>(size, file.size() - position);
  if (count > 0) std::memcpy(to, file.data() + position, count);
  position += count;
  return static_cast<uLong>(count);
}

uLong refuse_to_write(void* /*opaque*/, void* /*stream*/, const void* /*from*/, uLong /*size*/) {
  return 0;
}

ZPOS64_T tell_stream(void* opaque, void* /*stream*/) {
  return stream(opaque).position;
}

long seek_stream(void* opaque, void* /*stream*/, ZPOS64_T offset, int origin) {
  auto& [file, position] = stream(opaque);
  std::uint64_t base = 0;
  if (origin == ZLIB_FILEFUNC_SEEK_CUR) base = position;
  if (origin == ZLIB_FILEFUNC_SEEK_END) base = file.size();
  std::uint64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target > file.size()) return -1;
  position = target;
  return 0;
}

int close_stream(void* /*opaque*/, void* /*stream*/) {
  return 0;
}

int stream_error(void* /*opaque*/, void* /*stream*/) {
  return 0;
}

struct Close {
  void operator()(void* zip) const { unzClose(zip); }
};
using Zip = std::unique_ptr<std::remove_pointer_t<unzFile>, Close>;

class Directory {
 public:
  Directory(std::span<std::byte> file, std::string_view source) : file_(file), source_(source) {}
  std::vector<ZipEntry> read();

 private:
  void check(int status) const {
    if (status != UNZ_OK) refuse_pytorch(source_, "its zip directory cannot be read");
  }
  ZipEntry read_entry(void* zip) const;
  std::span<std::byte> stored_bytes(std::uint64_t position, std::string_view name) const;
  void check_overlaps(const std::vector<ZipEntry>& entries) const;
  void check_names(const std::vector<ZipEntry>& entries) const;

  std::span<std::byte> file_;
  std::string_view source_;
};

// A record, and a comment as long as it says. minizip itself is content without where the directory
// is in zip64's form too.
bool ends_as_zip(std::span<const std::byte> file) {
  constexpr std::size_t kRecord = 22;
  constexpr std::size_t kLongestComment = 0xffff;
  constexpr std::string_view kSignature = "PK\x05\x06";
  const std::string_view whole(reinterpret_cast<const char*>(file.data()), file.size());
  const std::string_view tail =
      whole.substr(whole.size() - std::min(whole.size(), kRecord + kLongestComment));
  for (auto at = tail.rfind(kSignature); at != std::string_view::npos;
       at = at == 0 ? at - 1 : tail.rfind(kSignature, at - 1)) {
    if (tail.size() - at < kRecord) continue;
    std::uint16_t comment = 0;
    std::memcpy(&comment, tail.data() + at + kRecord - sizeof comment, sizeof comment);
    if (tail.size() - at == kRecord + comment) return true;
  }
  return false;
}

std::vector<ZipEntry> Directory::read() {
  if (!ends_as_zip(file_)) {
    refuse_pytorch(source_, "its zip directory is missing at its end, so it may be cut short");
  }
  Stream memory{.file = file_};
  zlib_filefunc64_def functions{.zopen64_file = open_stream,
                                .zread_file = read_stream,
                                .zwrite_file = refuse_to_write,
                                .ztell64_file = tell_stream,
                                .zseek64_file = seek_stream,
                                .zclose_file = close_stream,
                                .zerror_file = stream_error,
                                .opaque = &memory};
  const Zip zip(unzOpen2_64(nullptr, &functions));
  if (zip == nullptr) refuse_pytorch(source_, "its zip directory cannot be read");
  unz_global_info64 info{};
  check(unzGetGlobalInfo64(zip.get(), &info));
  if (info.number_entry > kMostEntries) {
    refuse_pytorch_kind(source_, fmt::format("it has {} zip entries, and at most {} are read; {}",
                                             info.number_entry, kMostEntries, kSaveStateDict));
  }
  std::vector<ZipEntry> entries;
  int status = unzGoToFirstFile(zip.get());
  for (; status == UNZ_OK; status = unzGoToNextFile(zip.get())) {
    entries.push_back(read_entry(zip.get()));
  }
  check(status == UNZ_END_OF_LIST_OF_FILE ? UNZ_OK : status);
  check_overlaps(entries);
  check_names(entries);
  return entries;
}

ZipEntry Directory::read_entry(void* zip) const {
  unz_file_info64 info{};
  check(unzGetCurrentFileInfo64(zip, &info, nullptr, 0, nullptr, 0, nullptr, 0));
  ZipEntry entry{.name = std::string(info.size_filename, '\0')};
  check(unzGetCurrentFileInfo64(zip, nullptr, entry.name.data(), info.size_filename, nullptr, 0,
                                nullptr, 0));
  constexpr uLong kEncrypted = 1;
  entry.is_stored = info.compression_method == 0 && (info.flag & kEncrypted) == 0;
  entry.checksum = static_cast<std::uint32_t>(info.crc);
  if (entry.is_stored) entry.bytes = stored_bytes(unzGetOffset64(zip), entry.name);
  return entry;
}

std::span<std::byte> Directory::stored_bytes(std::uint64_t position, std::string_view name) const {
  const auto place = zip_place(file_, position);
  if (!place) check(UNZ_BADZIPFILE);
  const auto begin = zip_begin(file_, place->header, name);
  if (!begin) {
    refuse_pytorch(source_, fmt::format("the header of zip entry '{}' is not as the directory says",
                                        printable(name)));
  }
  const std::uint64_t size = place->size;
  if (place->stored_size != size || *begin > file_.size() || size > file_.size() - *begin) {
    refuse_pytorch(source_,
                   fmt::format("zip entry '{}' of {} bytes, {} as stored, at byte {} does "
                               "not fit the file's {} bytes",
                               printable(name), size, place->stored_size, *begin, file_.size()));
  }
  return file_.subspan(*begin, size);
}

// Entries that share bytes would make much of a small file.
void Directory::check_overlaps(const std::vector<ZipEntry>& entries) const {
  std::vector<const ZipEntry*> filled;
  for (const ZipEntry& entry : entries) {
    if (!entry.bytes.empty()) filled.push_back(&entry);
  }
  std::ranges::sort(filled, {}, [](const ZipEntry* entry) { return entry->bytes.data(); });
  const auto overlap = std::ranges::adjacent_find(filled, [](const ZipEntry* a, const ZipEntry* b) {
    return a->bytes.data() + a->bytes.size() > b->bytes.data();
  });
  if (overlap == filled.end()) return;
  refuse_pytorch(source_,
                 fmt::format("zip entries '{}' and '{}' overlap", printable((*overlap)->name),
                             printable((*std::next(overlap))->name)));
}

void Directory::check_names(const std::vector<ZipEntry>& entries) const {
  std::set<std::string_view> names;
  for (const ZipEntry& entry : entries) {
    if (!names.insert(entry.name).second) {
      refuse_pytorch(source_, fmt::format("zip entry '{}' occurs twice", printable(entry.name)));
    }
  }
}

}  // namespace

std::vector<ZipEntry> read_zip_directory(std::span<std::byte> file, std::string_view source) {
  return Directory(file, source).read();
}

}  // namespace alexnet
