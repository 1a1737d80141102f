#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

/// POSIX tar archives, as far as shards need them: regular files, with exact positions.
namespace alexnet {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<std::byte, kTarBlock>;

/// A regular file within an archive.
struct TarMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its first byte
  std::uint64_t size = 0;
};

/// A file that is read at given places, by any number of threads.
class RandomAccessFile {
 public:
  /// Throws Error.
  explicit RandomAccessFile(std::filesystem::path path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Fills `bytes`. Throws Error when the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// Tells the system that all of it will be read soon.
  void will_be_read() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Tells `visit` every regular file, in the archive's order. Reads the headers alone: ustar, GNU's
/// and pax's long names and sizes. Throws Error, naming archive and place, when the archive is
/// damaged or cut short.
void read_tar(const std::filesystem::path& path,
              const std::function<void(const RandomAccessFile&, const TarMember&)>& visit);

/// The header of a file of at most 8 GiB whose name has at most 100 bytes: always the same, owned
/// by nobody, of 1970.
TarBlock tar_header(const std::string& name, std::uint64_t size);

/// Bytes from the end of a file to the next header.
inline std::uint64_t tar_padding(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

}  // namespace alexnet
