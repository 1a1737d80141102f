#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

struct gzFile_s;  // NOLINT(readability-identifier-naming): zlib's

namespace alexnet {

/// A file read in order, decompressed on the way when it is gzip.
class GzipFile {
 public:
  /// Throws Error when there is no such file.
  explicit GzipFile(std::filesystem::path path);

  /// The next bytes: `limit` of them, or fewer when the file ends. Allocates as it reads, so that a
  /// lying header costs nothing. Throws Error when the compressed data are damaged or cut short.
  std::vector<std::uint8_t> read(std::size_t limit);

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

}  // namespace alexnet
