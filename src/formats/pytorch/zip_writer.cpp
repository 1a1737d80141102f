#include "formats/pytorch/zip_writer.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <minizip/zip.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace alexnet {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kHeaderBytes = 30;      // of a local file header, without what varies
constexpr std::uint64_t kZip64Bytes = 20;       // that minizip adds for a large entry
constexpr std::uint64_t kExtraHeaderBytes = 4;  // of an extra field: its name and size
constexpr std::uint64_t kLeastLarge = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kPiece = std::size_t{1} << 26;  // minizip counts in 32 bits

// An extra field "FB", torch.save's own name for it, that brings the bytes behind a header that
// ends at `end` to a multiple of 64.
std::string padding(std::uint64_t end) {
  const std::uint64_t size = kAlignment - (end + kExtraHeaderBytes) % kAlignment;
  std::string field{'F', 'B', static_cast<char>(size), '\0'};
  return field.append(size, 'Z');
}

}  // namespace

// minizip's view of the file, which is written to the end but for the sizes in entries' headers.
struct ZipWriter::Functions {
  static ZipWriter& writer(void* opaque) { return *static_cast<ZipWriter*>(opaque); }

  static void* open(void* opaque, const void* /*name*/, int /*mode*/) { return opaque; }

  static uLong read(void* /*opaque*/, void* /*stream*/, void* /*to*/, uLong /*size*/) { return 0; }

  static uLong write(void* opaque, void* /*stream*/, const void* from, uLong size) {
    ZipWriter& self = writer(opaque);
    if (self.failure_) return 0;
    const std::span bytes(static_cast<const std::byte*>(from), size);
    const auto inside = static_cast<std::size_t>(std::min(self.end_ - self.position_, size));
    try {
      self.file_.overwrite(self.position_ - self.begin_, bytes.first(inside));
      self.file_.write(bytes.subspan(inside));
    } catch (...) {
      self.failure_ = std::current_exception();
      return 0;
    }
    self.position_ += size;
    self.end_ = std::max(self.end_, self.position_);
    return size;
  }

  static ZPOS64_T tell(void* opaque, void* /*stream*/) { return writer(opaque).position_; }

  static long seek(void* opaque, void* /*stream*/, ZPOS64_T offset, int origin) {
    ZipWriter& self = writer(opaque);
    if (origin != ZLIB_FILEFUNC_SEEK_SET || offset > self.end_) return -1;
    self.position_ = offset;
    return 0;
  }

  static int close(void* /*opaque*/, void* /*stream*/) { return 0; }

  static int error(void* opaque, void* /*stream*/) { return writer(opaque).failure_ ? 1 : 0; }
};

ZipWriter::ZipWriter(AtomicFile& file, std::uint64_t begin) : file_(file), begin_(begin) {
  zlib_filefunc64_def functions{.zopen64_file = Functions::open,
                                .zread_file = Functions::read,
                                .zwrite_file = Functions::write,
                                .ztell64_file = Functions::tell,
                                .zseek64_file = Functions::seek,
                                .zclose_file = Functions::close,
                                .zerror_file = Functions::error,
                                .opaque = this};
  zip_ = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
  if (zip_ == nullptr) throw std::bad_alloc();
}

ZipWriter::~ZipWriter() {
  if (zip_ != nullptr) zipClose(zip_, nullptr);
}

void ZipWriter::check(int status) const {
  if (failure_) std::rethrow_exception(failure_);
  if (status != ZIP_OK)
    throw Error(fmt::format("minizip cannot write a zip file: {}", status), ErrorKind::internal);
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> bytes) {
  const bool large = bytes.size() >= kLeastLarge;
  const std::string extra = padding(end_ + kHeaderBytes + name.size() + (large ? kZip64Bytes : 0));
  check(zipOpenNewFileInZip64(zip_, name.c_str(), nullptr, extra.data(),
                              static_cast<uInt>(extra.size()), nullptr, 0, nullptr, /*method=*/0,
                              /*level=*/0, large ? 1 : 0));
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kPiece));
    check(zipWriteInFileInZip(zip_, piece.data(), static_cast<unsigned>(piece.size())));
    bytes = bytes.subspan(piece.size());
  }
  check(zipCloseFileInZip(zip_));
}

void ZipWriter::finish() {
  check(zipClose(std::exchange(zip_, nullptr), nullptr));
}

}  // namespace alexnet
