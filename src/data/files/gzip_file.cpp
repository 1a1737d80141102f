#include "data/files/gzip_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "core/system_error.h"

namespace alexnet {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

// zlib leaves errno at 0 where it has reasons of its own.
[[noreturn]] void fail(const std::filesystem::path& path, int code) {
  throw system_error(fmt::format("cannot read {}", path.string()),
                     {code == 0 ? EIO : code, std::generic_category()});
}

}  // namespace

void GzipFile::Close::operator()(gzFile_s* file) const {
  gzclose_r(file);
}

GzipFile::GzipFile(std::filesystem::path path) : path_(std::move(path)) {
  errno = 0;
  file_.reset(gzopen(path_.c_str(), "rb"));
  if (!file_) fail(path_, errno);
}

std::vector<std::uint8_t> GzipFile::read(std::size_t limit) {
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < limit) {
    const std::size_t size = bytes.size();
    const std::size_t wanted = std::min(kChunk, limit - size);
    bytes.resize(size + wanted);
    errno = 0;
    const int got = gzread(file_.get(), bytes.data() + size, static_cast<unsigned>(wanted));
    int code = Z_OK;
    const char* reason = gzerror(file_.get(), &code);
    if (code == Z_ERRNO) fail(path_, errno);
    if (got < 0 || code != Z_OK) {
      throw Error(fmt::format("{} is damaged or cut short ({}); get the file again", path_.string(),
                              reason));
    }
    bytes.resize(size + static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < wanted) break;
  }
  return bytes;
}

}  // namespace alexnet
