// A million paths as strings of their own would take some hundred bytes each, and reading their
// directories takes seconds, of a cold disk minutes: hence names side by side, and a cache that is
// good as long as no directory has changed.
#include "data/folder_index.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "data/codec.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kFormat = "alexnet folder index 1";

std::int64_t modified(const fs::path& directory) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             fs::last_write_time(directory).time_since_epoch())
      .count();
}

bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

// Opening a million files takes minutes, so a usual extension is taken at its word until decoding.
bool looks_like_image(const fs::path& path) {
  std::string extension = path.extension();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".jpg" || extension == ".jpeg" || extension == ".png") return true;
  std::array<std::uint8_t, 8> magic{};
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(magic.data()), magic.size());
  return is_jpeg(magic) || is_png(magic);
}

std::uint32_t checksum(std::uint32_t sum, std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(sum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string_view bytes_of(const std::vector<std::uint32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint32_t)};
}

json to_json(const std::vector<ClassFolder>& classes) {
  json list = json::array();
  for (const ClassFolder& folder : classes) list.push_back({folder.name, folder.label});
  return list;
}

fs::path cache_file(const FolderCache& cache, const fs::path& root) {
  return cache.folder /
         fmt::format("{:08x}-{}.index", checksum(0, root.native()), root.native().size());
}

}  // namespace

void FolderIndex::add_class(const ClassFolder& folder) {
  std::vector<std::string> paths;  // below the root
  const std::size_t prefix = (root_ / "x").native().size() - 1;
  visited_.push_back({folder.name, modified(root_ / folder.name)});
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(root_ / folder.name, options); it != fs::end(it); ++it) {
    const std::string below = it->path().native().substr(prefix);
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_directory()) {
      visited_.push_back({below, modified(it->path())});
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

std::size_t FolderIndex::bytes() const {
  return names_.capacity() + ends_.capacity() * sizeof(std::uint32_t) +
         runs_.capacity() * sizeof(Run) + visited_.capacity() * sizeof(Visited);
}

// One line of JSON, then the names' ends and the names as they lie in memory.
void FolderIndex::save(const fs::path& file, const std::vector<ClassFolder>& classes) const {
  constexpr std::chrono::seconds kSettled{2};  // coarser than any clock of a file system
  const std::int64_t latest = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                  (fs::file_time_type::clock::now() - kSettled).time_since_epoch())
                                  .count();
  if (std::ranges::any_of(visited_, [&](const Visited& v) { return v.modified > latest; })) return;
  json runs = json::array();
  for (const Run& run : runs_) runs.push_back({run.directory, run.label, run.first});
  json visited = json::array();
  for (const Visited& visit : visited_) visited.push_back({visit.directory, visit.modified});
  const json header{{"format", kFormat},
                    {"root", fs::canonical(root_).native()},
                    {"classes", to_json(classes)},
                    {"runs", std::move(runs)},
                    {"visited", std::move(visited)},
                    {"files", ends_.size()},
                    {"crc32", checksum(checksum(0, bytes_of(ends_)), names_)}};
  fs::create_directories(file.parent_path());
  AtomicFile out(file);
  const std::string line = header.dump() + "\n";
  for (const std::string_view part :
       {std::string_view(line), bytes_of(ends_), std::string_view(names_)}) {
    out.write(std::as_bytes(std::span(part)));
  }
  out.commit();
}

bool FolderIndex::load(const fs::path& file, const std::vector<ClassFolder>& classes) {
  if (!fs::exists(file)) return false;
  const MappedFile mapped(file);
  const std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()),
                              mapped.bytes().size());
  const std::size_t line = std::min(text.find('\n'), text.size());
  const json header = json::parse(text.substr(0, line), nullptr, false);
  if (!header.is_object() || header.value("format", "") != kFormat ||
      header.value("root", "") != fs::canonical(root_).native() ||
      header.at("classes") != to_json(classes)) {
    return false;
  }
  const std::string_view body = text.substr(line + 1);
  const std::size_t ends = header.at("files").get<std::size_t>() * sizeof(std::uint32_t);
  if (body.size() < ends || checksum(0, body) != header.at("crc32")) return false;
  for (const json& run : header.at("runs")) runs_.push_back({run.at(0), run.at(1), run.at(2)});
  for (const json& visit : header.at("visited")) visited_.push_back({visit.at(0), visit.at(1)});
  ends_.resize(ends / sizeof(std::uint32_t));
  std::memcpy(ends_.data(), body.data(), ends);
  names_ = body.substr(ends);
  return is_unchanged();
}

bool FolderIndex::is_unchanged() const {
  return std::ranges::all_of(visited_, [&](const Visited& visit) {
    std::error_code error;
    const fs::path directory = root_ / visit.directory;
    return fs::is_directory(directory, error) && modified(directory) == visit.modified;
  });
}

FolderCache user_folder_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return {.folder = fs::path(cache) / "alexnet" / "folders"};
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return {.folder = fs::path(home) / ".cache" / "alexnet" / "folders"};
  }
  return {};
}

FolderIndex index_folder(const fs::path& root, const std::vector<ClassFolder>& classes,
                         const FolderCache& cache) {
  const fs::path file = cache.folder.empty() ? fs::path() : cache_file(cache, fs::canonical(root));
  if (!file.empty()) {
    try {
      FolderIndex kept(root);
      if (kept.load(file, classes)) return kept;
    } catch (const std::exception&) {
      // Damaged or unreadable: as if it were not there.
    }
  }
  FolderIndex index(root);
  for (const ClassFolder& folder : classes) index.add_class(folder);
  if (!file.empty() && index.size() >= cache.least_files) {
    try {
      index.save(file, classes);
    } catch (const std::exception&) {
      // A cache that cannot be written costs time and nothing else.
    }
  }
  return index;
}

}  // namespace alexnet
