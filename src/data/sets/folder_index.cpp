// A million paths as strings of their own would take some hundred bytes each: hence names side by
// side.
#include "data/sets/folder_index.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <system_error>

#include "core/folder.h"
#include "core/system_error.h"
#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/files/output_folders.h"
#include "data/image/formats.h"
#include "data/sets/left_out.h"
#include "data/sets/relabelled.h"
#include "data/sets/stray_files.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBrokenLink = "a broken link";
constexpr std::string_view kOutput = "a folder, of a run or of explanations";

// Opening a million files takes minutes, so a usual extension is taken at its word until decoding.
bool looks_like_image(const fs::path& path) {
  if (is_image_extension(path.extension())) return true;
  std::array<std::uint8_t, kImageHeadBytes> head{};
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(head.data()), head.size());
  const ImageFormat* format = find_image_format(head);
  return format != nullptr && format->by_content;
}

// Where links are too many, either this one leads to itself, or a loop of folders leads to it.
bool is_broken_link(const fs::directory_entry& entry) {
  std::error_code error;
  if (!entry.is_symlink() || entry.exists(error)) return false;
  if (error != std::errc::too_many_symbolic_link_levels) return !entry.exists();
  const fs::path& path = entry.path();
  return !fs::exists(fs::canonical(path.parent_path()) / path.filename(), error);
}

// Tools that keep large files elsewhere (git-annex, DVC) leave links that lead nowhere until the
// files are fetched: such a name is an image that cannot be read.
bool counts_as_image(const fs::directory_entry& entry, bool is_broken) {
  if (is_broken) return is_image_extension(entry.path().extension());
  return entry.is_regular_file() && looks_like_image(entry.path());
}

std::string reason_to_leave_out(const fs::directory_entry& entry, bool is_broken) {
  const std::string extension = lowered(entry.path().extension());
  if (is_unread_image_extension(extension)) {
    return fmt::format("{}, a format that is not read", extension);
  }
  return std::string(is_broken ? kBrokenLink : "no image");
}

// A link to one of the folders above it would be followed without end.
void refuse_loop(const fs::path& root, const fs::path& link) {
  for (fs::path above = link.parent_path(); above != root && above.has_relative_path();
       above = above.parent_path()) {
    if (!lies_in(above, link)) continue;
    throw Error(
        fmt::format("{} is a link that leads back into a folder in which it lies, {}; "
                    "remove it",
                    link.string(), fs::canonical(link).string()));
  }
}

std::int64_t nanoseconds(const timespec& time) {
  return std::chrono::nanoseconds(std::chrono::seconds(time.tv_sec)).count() + time.tv_nsec;
}

}  // namespace

DirectoryTimes directory_times(const fs::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) {
    throw system_error(fmt::format("cannot read {}", directory.string()), last_error());
  }
  return {nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)};
}

void FolderIndex::add_root() {
  visited_.push_back({"", directory_times(root_)});
  std::vector<std::pair<std::string, std::string>> found;  // names and reasons
  for (const fs::directory_entry& entry : fs::directory_iterator(root_)) {
    if (is_hidden(entry.path()) || is_folder(entry)) continue;
    const bool broken = is_broken_link(entry);
    const bool packed = !broken && is_packed(entry.path());
    if (!broken && !packed && !counts_as_image(entry, broken)) continue;  // lists, licences, …
    found.emplace_back(entry.path().filename(), broken   ? kBrokenLink
                                                : packed ? kPackedBeside
                                                         : kInNoClassFolder);
  }
  std::ranges::sort(found);
  for (auto& [name, reason] : found) add_left_out(left_out_, {std::move(reason), 1, name});
}

void FolderIndex::add_class(const ClassFolder& folder) {
  std::vector<std::string> paths;                           // below the root
  std::vector<std::pair<std::string, std::string>> others;  // with reasons
  const std::size_t prefix = (root_ / "x").native().size() - 1;
  visited_.push_back({folder.name, directory_times(root_ / folder.name)});
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(root_ / folder.name, options); it != fs::end(it); ++it) {
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
      continue;
    }
    const std::string below = it->path().native().substr(prefix);
    const bool broken = is_broken_link(*it);
    if (!broken && it->is_directory()) {
      if (it->is_symlink()) refuse_loop(root_, it->path());
      visited_.push_back({below, directory_times(it->path())});
      if (!is_output_folder(it->path())) continue;
      it.disable_recursion_pending();
      others.emplace_back(below, kOutput);
    } else if (counts_as_image(*it, broken)) {
      paths.push_back(below);
    } else {
      others.emplace_back(below, reason_to_leave_out(*it, broken));
    }
  }
  sort_names(paths);
  std::ranges::sort(others);
  for (auto& [path, reason] : others) add_left_out(left_out_, {std::move(reason), 1, path});
  if (folder.label != ClassMap::kUnknown) {
    for (const std::string& path : paths) add_file(path, folder.label);
  } else if (!paths.empty()) {
    add_left_out(left_out_,
                 {unknown_class_reason(as_utf8(folder.name)), paths.size(), paths.front()});
  }
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
  return root_ / path_below_root(index);
}

std::string FolderIndex::path_below_root(std::size_t index) const {
  return std::filesystem::path(run_of(index).directory) / name(index);
}

std::size_t FolderIndex::count_runs(const std::function<bool(const Run&)>& wanted) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const std::size_t end = i + 1 < runs_.size() ? runs_[i + 1].first : size();
    if (wanted(runs_[i])) count += end - runs_[i].first;
  }
  return count;
}

std::size_t FolderIndex::count_label(std::int32_t label) const {
  return count_runs([&](const Run& run) { return run.label == label; });
}

std::size_t FolderIndex::count_below(const fs::path& directory) const {
  return count_runs([&](const Run& run) {
    const fs::path path = run.directory;
    return std::mismatch(path.begin(), path.end(), directory.begin(), directory.end()).second ==
           directory.end();
  });
}

}  // namespace alexnet
