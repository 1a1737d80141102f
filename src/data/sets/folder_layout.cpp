#include "data/sets/folder_layout.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/files/output_folders.h"
#include "data/image/formats.h"
#include "data/sets/part_folders.h"
#include "data/sets/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::directory_entry> visible_entries(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!is_hidden(entry.path())) entries.push_back(entry);
  }
  return entries;
}

bool has_folders(const fs::path& folder) {
  return has_visible(folder, is_folder);
}

// A run, or a folder of runs and nothing else, as `train` makes it where it is called. Stops at the
// first file, for class folders have many.
bool holds_runs(const fs::path& folder) {
  if (is_output_folder(folder)) return true;
  bool any = folder.filename() == "runs";
  std::error_code unreadable;  // no run of ours; as a class folder it is named later
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
    if (is_hidden(entry.path())) continue;
    if (!is_folder(entry)) return false;
    const bool run = is_output_folder(entry.path());
    if (!run && !holds_nothing(entry.path())) return false;
    any = any || run;
  }
  return any;
}

struct Folders {
  std::vector<std::string> of_images;
  std::vector<std::string> of_runs;
};

Folders folders_in(const fs::path& folder) {
  Folders found;
  for (const fs::directory_entry& entry : visible_entries(folder)) {
    if (!is_folder(entry)) continue;
    (holds_runs(entry.path()) ? found.of_runs : found.of_images).push_back(entry.path().filename());
  }
  sort_names(found.of_images);
  sort_names(found.of_runs);
  return found;
}

bool is_image(const fs::directory_entry& entry) {
  return is_image_extension(entry.path().extension()) && !is_folder(entry);
}

// In the folder itself or in one below.
bool holds_images(const fs::path& folder) {
  fs::recursive_directory_iterator entry(folder);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (is_image(*entry)) {
      return true;
    }
  }
  return false;
}

// Folders of images beside a lone part are likely to be its fellow classes, or what it belongs to:
// folders of classes are no part of training images, but of others they are what to train on.
void refuse_images_beside_part(const fs::path& root, const FolderLayout& layout,
                               const std::vector<std::string>& beside) {
  if (layout.parts.size() != 1) return;
  const auto& [split, part] = layout.parts.front();
  const bool is_train = split == Split::train;
  for (const std::string& name : beside) {
    const fs::path folder = root / name;
    if (is_train ? !has_visible(folder, is_image) : !holds_images(folder)) continue;
    throw Error(fmt::format(
        "{} holds images beside {}, which is the {} part by its name; {}", folder.string(),
        part.string(), split_name(split),
        is_train ? fmt::format("give {} alone, or rename it if it is a class", part.string())
                 : fmt::format("put what is trained on into {}, or give {} alone",
                               (root / "train").string(), part.string())));
  }
}

void refuse_broken_parts(const fs::path& root) {
  for (const fs::directory_entry& entry : visible_entries(root)) {
    const std::string name = entry.path().filename();
    if (!read_part_name(name).is_plain() || entry.exists()) continue;
    throw Error(fmt::format("{} is a link to {}, which is not there; mend or remove it",
                            entry.path().string(), fs::read_symlink(entry.path()).string()),
                ErrorKind::not_found);
  }
}

}  // namespace

FolderLayout find_layout(const fs::path& root) {
  auto [names, ignored] = folders_in(root);
  const HoldsPart has_classes = [&](const std::string& name) { return has_folders(root / name); };
  const std::vector<std::string> parts = find_part_folders(root, names, has_classes);
  if (parts.empty()) {
    refuse_flat_parts(root, names, has_classes);
    refuse_glued_parts(root, names);
    return {{{part_of_folder(root).value_or(Split::train), root}}, std::move(ignored)};
  }
  refuse_broken_parts(root);
  FolderLayout layout;
  for (const auto& [split, folder] : part_folders_by_split(root, parts)) {
    layout.parts.push_back({split, folder});
  }
  std::vector<std::string> beside;
  std::ranges::copy_if(names, std::back_inserter(beside), [&](const std::string& name) {
    return std::ranges::count(parts, name) == 0;
  });
  refuse_images_beside_part(root, layout, beside);
  layout.ignored = std::move(beside);
  layout.ignored.insert(layout.ignored.end(), ignored.begin(), ignored.end());
  sort_names(layout.ignored);
  return layout;
}

std::vector<std::string> class_folders(const fs::path& folder) {
  return folders_in(folder).of_images;
}

std::vector<std::string> run_folders(const fs::path& folder) {
  return folders_in(folder).of_runs;
}

}  // namespace alexnet
