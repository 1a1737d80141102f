#include "cli/claimed_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <string>
#include <system_error>

#include "cli/text.h"

namespace alexnet::cli {

namespace fs = std::filesystem;

namespace {

// So much of a name in UTF-8 as a file's, of 255 bytes at most, surely has room for.
std::string cut(std::string name) {
  constexpr unsigned char kKind = 0xC0;
  constexpr unsigned char kContinues = 0x80;
  std::size_t bytes = 100;
  if (name.size() <= bytes) return name;
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & kKind) == kContinues) --bytes;
  name.resize(bytes);
  return name;
}

}  // namespace

ClaimedFolder::ClaimedFolder(const std::string& data) {
  const fs::path runs("runs");
  std::error_code error;
  const fs::path place = fs::weakly_canonical(data, error);
  const std::string name = cut(slug((error ? fs::path(data) : place).filename().string()));
  made_parent_ = fs::create_directories(runs, error);
  for (int n = 1; !error; ++n) {
    path_ = runs / fmt::format("{}-{}", name.empty() ? "run" : name, n);
    if (fs::create_directory(path_, error)) return;
    if (error == std::errc::file_exists) error.clear();
  }
  throw Error(
      fmt::format("cannot make a folder in runs: {}; choose one with --out", error.message()),
      ErrorKind::io);
}

ClaimedFolder::~ClaimedFolder() {
  std::error_code not_empty;
  fs::remove(path_, not_empty);
  if (made_parent_) fs::remove(path_.parent_path(), not_empty);
}

}  // namespace alexnet::cli
