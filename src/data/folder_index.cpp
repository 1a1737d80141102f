// A million paths as strings of their own would take some hundred bytes each: hence names side by
// side.
#include "data/folder_index.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <limits>

#include "data/codec.h"
#include "data/file_names.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// Opening a million files takes minutes, so a usual extension is taken at its word until decoding.
bool looks_like_image(const fs::path& path) {
  if (is_image_extension(path.extension())) return true;
  std::array<std::uint8_t, 8> magic{};
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(magic.data()), magic.size());
  return is_jpeg(magic) || is_png(magic);
}

}  // namespace

std::int64_t directory_time(const fs::path& directory) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             fs::last_write_time(directory).time_since_epoch())
      .count();
}

void FolderIndex::add_class(const ClassFolder& folder) {
  std::vector<std::string> paths;  // below the root
  const std::size_t prefix = (root_ / "x").native().size() - 1;
  visited_.push_back({folder.name, directory_time(root_ / folder.name)});
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(root_ / folder.name, options); it != fs::end(it); ++it) {
    const std::string below = it->path().native().substr(prefix);
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_directory()) {
      visited_.push_back({below, directory_time(it->path())});
    } else if (it->is_regular_file() && looks_like_image(it->path())) {
      paths.push_back(below);
    }
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) add_file(path, folder.label);
}

void FolderIndex::add_file(const std::string& path, std::int32_t label) {
  const std::size_t slash = path.rfind('/');
  const std::string_view directory = std::string_view(path).substr(0, slash);
  if (runs_.empty() || runs_.back().directory != directory || runs_.back().label != label) {
    runs_.push_back({std::string(directory), label, static_cast<std::uint32_t>(size())});
  }
  names_ += std::string_view(path).substr(slash + 1);
  if (names_.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(fmt::format("the names of the images in {} take more than 4 GiB", root_.string()));
  }
  ends_.push_back(static_cast<std::uint32_t>(names_.size()));
}

const FolderIndex::Run& FolderIndex::run_of(std::size_t index) const {
  return *std::prev(
      std::ranges::upper_bound(runs_, static_cast<std::uint32_t>(index), {}, &Run::first));
}

std::string_view FolderIndex::name(std::size_t index) const {
  const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(names_).substr(begin, ends_[index] - begin);
}

std::string FolderIndex::path(std::size_t index) const {
  return root_ / run_of(index).directory / name(index);
}

std::size_t FolderIndex::count_label(std::int32_t label) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const std::size_t end = i + 1 < runs_.size() ? runs_[i + 1].first : size();
    if (runs_[i].label == label) count += end - runs_[i].first;
  }
  return count;
}

}  // namespace alexnet
