// Reading a million files' directories takes seconds, of a cold disk minutes: hence a cache that is
// good as long as no directory has changed.
#include "data/sets/folder_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/file.h"
#include "data/files/checksum.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) {
  return crc32_of(std::as_bytes(std::span(bytes)), before);
}

std::string_view bytes_of(const std::vector<std::uint32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint32_t)};
}

// The first line, with the checksum of all that follows.
std::string first_line(std::uint32_t sum) {
  return fmt::format("alexnet folder index 5 {:08x}\n", sum);
}

json to_json(const std::vector<ClassFolder>& classes) {
  json list = json::array();
  for (const ClassFolder& folder : classes) list.push_back({folder.name, folder.label});
  return list;
}

// Behind its length in a line. In CBOR strings may be any bytes, as names may.
std::string header_text(const json& header) {
  const std::vector<std::uint8_t> bytes = json::to_cbor(header);
  return fmt::format("{}\n", bytes.size()) + std::string(bytes.begin(), bytes.end());
}

// Takes the header off the front of `text`. No object when that is damaged.
json take_header(std::string_view& text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const auto begin = static_cast<std::size_t>(end - text.data()) + 1;
  if (error != std::errc{} || begin > text.size() || size > text.size() - begin) return {};
  const std::string_view bytes = text.substr(begin, size);
  text.remove_prefix(begin + size);
  return json::from_cbor(bytes.begin(), bytes.end(), true, false);
}

fs::path cache_file(const FolderCache& cache, const fs::path& root) {
  return cache.folder /
         fmt::format("{:08x}-{}.index", checksum(root.native()), root.native().size());
}

}  // namespace

// The first line, the header, the names' ends and the names as they lie in memory.
void FolderIndex::save(const fs::path& file, const std::vector<ClassFolder>& classes,
                       std::chrono::nanoseconds settled) const {
  const std::int64_t latest =
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch() - settled)
          .count();
  if (std::ranges::any_of(visited_, [&](const Visited& visit) {
        return std::max(visit.times.modified, visit.times.changed) > latest;
      })) {
    return;
  }
  json runs = json::array();
  for (const Run& run : runs_) runs.push_back({run.directory, run.label, run.first});
  json visited = json::array();
  for (const Visited& visit : visited_) {
    visited.push_back({visit.directory, visit.times.modified, visit.times.changed});
  }
  json left_out = json::array();
  for (const LeftOut& row : left_out_) left_out.push_back({row.reason, row.files, row.example});
  const std::string header = header_text({{"root", fs::canonical(root_).native()},
                                          {"classes", to_json(classes)},
                                          {"runs", std::move(runs)},
                                          {"visited", std::move(visited)},
                                          {"left out", std::move(left_out)},
                                          {"files", ends_.size()}});
  const std::string line =
      first_line(checksum(names_, checksum(bytes_of(ends_), checksum(header))));
  fs::create_directories(file.parent_path());
  AtomicFile out(file);
  for (const std::string_view part : {std::string_view(line), std::string_view(header),
                                      bytes_of(ends_), std::string_view(names_)}) {
    out.write(std::as_bytes(std::span(part)));
  }
  out.commit();
}

bool FolderIndex::load(const fs::path& file, const std::vector<ClassFolder>& classes) {
  if (!fs::exists(file)) return false;
  const MappedFile mapped(file);
  std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()),
                        mapped.bytes().size());
  const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
  if (text.substr(0, line) != first_line(checksum(text.substr(line)))) return false;
  text.remove_prefix(line);
  const json header = take_header(text);
  if (!header.is_object() || header.at("root") != fs::canonical(root_).native() ||
      header.at("classes") != to_json(classes)) {
    return false;
  }
  const auto files = header.at("files").get<std::size_t>();
  if (files > text.size() / sizeof(std::uint32_t)) return false;
  for (const json& run : header.at("runs")) runs_.push_back({run.at(0), run.at(1), run.at(2)});
  for (const json& visit : header.at("visited")) {
    visited_.push_back({visit.at(0), {visit.at(1), visit.at(2)}});
  }
  for (const json& row : header.at("left out")) {
    left_out_.push_back({row.at(0), row.at(1), row.at(2)});
  }
  ends_.resize(files);
  std::memcpy(ends_.data(), text.data(), files * sizeof(std::uint32_t));
  names_ = text.substr(files * sizeof(std::uint32_t));
  return is_sound(classes) && is_unchanged();
}

// Labels are of these classes, and every run and name lies within the index.
bool FolderIndex::is_sound(const std::vector<ClassFolder>& classes) const {
  std::vector<std::int32_t> labels(classes.size());
  std::ranges::transform(classes, labels.begin(), &ClassFolder::label);
  std::ranges::sort(labels);
  std::uint32_t least = 0;  // the first run begins with the first file
  for (const Run& run : runs_) {
    if (run.first < least || run.first >= size()) return false;
    if (!std::ranges::binary_search(labels, run.label)) return false;
    least = run.first + 1;
  }
  if (size() == 0) return runs_.empty() && names_.empty();
  return !runs_.empty() && runs_.front().first == 0 && std::ranges::is_sorted(ends_) &&
         ends_.back() == names_.size();
}

bool FolderIndex::is_unchanged() const {
  return std::ranges::all_of(visited_, [&](const Visited& visit) {
    std::error_code error;
    const fs::path directory = root_ / visit.directory;
    return fs::is_directory(directory, error) && directory_times(directory) == visit.times;
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
  index.add_root();
  for (const ClassFolder& folder : classes) index.add_class(folder);
  if (!file.empty() && index.size() >= cache.least_files) {
    try {
      index.save(file, classes, cache.settled);
    } catch (const std::exception&) {
      // A cache that cannot be written costs time and nothing else.
    }
  }
  return index;
}

}  // namespace alexnet
