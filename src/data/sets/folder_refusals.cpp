#include "data/sets/folder_refusals.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/unicode.h"
#include "data/image/formats.h"
#include "data/sets/folder_layout.h"
#include "data/sets/split.h"
#include "data/sets/stray_files.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool has_images(const FolderIndex& files, const ClassFolder& folder) {
  return files.count_label(folder.label) > 0;
}

// Where one folder holds all the images, in folders of its own, these are mostly the classes.
std::string advice_on_empty_folders(const fs::path& folder, const std::vector<ClassFolder>& folders,
                                    const FolderIndex& files) {
  const auto filled = [&](const ClassFolder& one) { return has_images(files, one); };
  if (std::ranges::count_if(folders, filled) == 1) {
    const fs::path only = folder / std::ranges::find_if(folders, filled)->name;
    if (class_folders(only).size() > 1) {
      return fmt::format("if the folders in {0} are the classes, give {0}", only.string());
    }
  }
  const fs::path empty = folder / std::ranges::find_if_not(folders, filled)->name;
  for (const LeftOut& row : stray_files(empty, "")) {
    if (row.reason == kPackedBeside)
      return fmt::format("unpack {}", (empty / row.example).string());
  }
  return "every folder there is a class: put images into it, or move it elsewhere";
}

std::string advice_without_images(const fs::path& folder, const FolderIndex& files) {
  const auto row_of = [&](std::string_view reason) {
    return std::ranges::find(files.left_out(), reason, &LeftOut::reason);
  };
  if (row_of(kInNoClassFolder) != files.left_out().end()) {
    return "those directly in it need a folder for each class around them";
  }
  if (const auto packed = row_of(kPackedBeside); packed != files.left_out().end()) {
    return fmt::format("unpack {}", (folder / packed->example).string());
  }
  return "give a folder that holds a folder of images for each class";
}

bool is_part(const fs::path& path) {
  return read_part_name(path.filename().string()).is_plain();
}

bool is_training_part(const fs::path& path) {
  const PartName read = read_part_name(path.filename().string());
  return read.is_plain() && !read.is_unclear && read.splits == std::vector{Split::train};
}

// Empty where there is none.
fs::path training_part_in(const fs::path& above, const FolderIndex& files) {
  for (const FolderIndex::Visited& visit : files.visited()) {
    const fs::path path = visit.directory;
    if (path.parent_path() == above && is_training_part(path) && files.count_below(path) > 0) {
      return path;
    }
  }
  return {};
}

}  // namespace

void refuse_same_names(const fs::path& folder, const std::vector<std::string>& names) {
  const auto twice = std::ranges::adjacent_find(
      names, [](const auto& a, const auto& b) { return compose(a) == compose(b); });
  if (twice == names.end()) return;
  throw Error(fmt::format(
      "{} holds two folders called '{}', in different characters of Unicode (NFC and NFD); put "
      "their images into one",
      folder.string(), compose(*twice)));
}

void refuse_inner_parts(const fs::path& folder, const FolderIndex& files) {
  for (const FolderIndex::Visited& visit : files.visited()) {
    const fs::path inner = visit.directory;
    if (!inner.has_parent_path() || !is_part(inner) || is_training_part(inner)) continue;
    if (files.count_below(inner) == 0) continue;
    const fs::path above = inner.parent_path();
    const fs::path training = training_part_in(above, files);
    if (!training.empty() && files.count_below(above) == files.size()) {
      throw Error(fmt::format("{} holds the parts {} and {}: give that", (folder / above).string(),
                              training.filename().string(), inner.filename().string()));
    }
    if (training.empty() && above.has_parent_path()) continue;
    throw Error(fmt::format(
        "{} is a part by its name, but lies in the class folder {}; put the parts above the "
        "classes, as in {}/{}, or rename it",
        (folder / inner).string(), (folder / *inner.begin()).string(), inner.filename().string(),
        inner.begin()->string()));
  }
}

void refuse_empty_class(const fs::path& folder, const std::vector<ClassFolder>& folders,
                        const FolderIndex& files) {
  const auto empty = std::ranges::find_if(
      folders, [&](const ClassFolder& one) { return !has_images(files, one); });
  if (empty == folders.end()) return;
  throw Error(fmt::format("class folder {} holds no images ({}); {}",
                          (folder / empty->name).string(), image_format_names(),
                          advice_on_empty_folders(folder, folders, files)));
}

void refuse_without_images(const fs::path& folder, const FolderIndex& files) {
  throw Error(fmt::format("{} holds no class folders of images ({}); {}", folder.string(),
                          image_format_names(), advice_without_images(folder, files)),
              ErrorKind::not_found);
}

}  // namespace alexnet
