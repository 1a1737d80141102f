#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <string_view>

#include "data/shards/tar.h"
#include "support/temp_data.h"

/// Tar archives by hand.
namespace alexnet::test {

inline Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

inline void append(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline void append_member(Bytes& archive, const std::string& name, const Bytes& content) {
  const TarBlock header = tar_header(name, content.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
  archive.insert(archive.end(), bytes, bytes + header.size());
  append(archive, content);
  archive.resize(archive.size() + tar_padding(content.size()));
}

/// Puts right the checksum of an archive's first header, which the test has changed.
inline void sign_header(Bytes& archive) {
  const auto begin = archive.begin();
  const auto sum = std::accumulate(begin, begin + kTarBlock, 0U) -
                   std::accumulate(begin + 148, begin + 156, 0U) + 8U * ' ';
  std::ranges::copy(fmt::format("{:06o}", sum), begin + 148);
}

/// A link: type '1' is hard, '2' symbolic.
inline void append_link(Bytes& archive, char type, const std::string& name,
                        const std::string& target) {
  Bytes member;
  append_member(member, name, {});
  member[156] = static_cast<std::uint8_t>(type);
  std::ranges::copy(target, member.begin() + 157);
  sign_header(member);
  append(archive, member);
}

/// What ends an archive: GNU tar fills it up to 10,240 bytes.
inline void append_end(Bytes& archive) {
  archive.resize((archive.size() / 10240 + 1) * 10240);
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

inline Bytes png_of(const std::filesystem::path& folder, const Image& image) {
  write_png(folder / "scratch.png", image);
  return read_bytes(folder / "scratch.png");
}

/// The files of a folder, hidden ones too, and what they hold.
inline std::map<std::string, Bytes> contents(const std::filesystem::path& folder) {
  std::map<std::string, Bytes> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename()] = entry.is_directory() ? Bytes() : read_bytes(entry.path());
  }
  return files;
}

}  // namespace alexnet::test
