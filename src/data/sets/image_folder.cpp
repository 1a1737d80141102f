#include "data/sets/image_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/file.h"
#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/image/formats.h"
#include "data/sets/folder_cache.h"
#include "data/sets/folder_layout.h"
#include "data/sets/folder_refusals.h"
#include "data/sets/stray_files.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

class ImageFolder : public Dataset {
 public:
  ImageFolder(FolderIndex files, std::vector<std::string> classes)
      : files_(std::move(files)), classes_(std::move(classes)) {}

  std::size_t size() const override { return files_.size(); }
  Sample sample(std::size_t index) const override {
    StoredSample stored;
    read(index, stored);
    return {.image = decode_image(stored.file, {.channels = channels(), .source = stored.name}),
            .label = stored.label};
  }
  void read(std::size_t index, StoredSample& stored) const override;
  std::string name(std::size_t index) const override { return files_.path(index); }
  std::string key(std::size_t index) const override { return files_.path_below_root(index); }
  std::int32_t label(std::size_t index) const override { return files_.label(index); }
  std::optional<std::uint64_t> stored_bytes(std::size_t index) const override {
    std::error_code unreadable;
    const std::uintmax_t bytes = fs::file_size(files_.path(index), unreadable);
    return unreadable ? std::nullopt : std::optional<std::uint64_t>(bytes);
  }
  int channels() const override { return 3; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::vector<LeftOut> left_out() const override { return files_.left_out(); }

 private:
  FolderIndex files_;
  std::vector<std::string> classes_;
};

void refuse_broken_link(const std::string& path) {
  std::error_code none;
  const fs::path target = fs::read_symlink(path, none);
  if (none || fs::exists(path, none)) return;
  throw ImageError(path, fmt::format("is a link to {}, which is not there", target.string()),
                   "fetch it (git annex get, dvc pull), or remove the link");
}

void ImageFolder::read(std::size_t index, StoredSample& stored) const {
  stored.name = files_.path(index);
  stored.label = files_.label(index);
  stored.is_file = true;
  try {
    read_file(stored.name, stored.file);
  } catch (const Error&) {
    refuse_broken_link(stored.name);
    throw;
  }
}

ClassMap map_to_training(const fs::path& folder, const std::vector<std::string>& names,
                         const std::vector<std::string>& classes) {
  try {
    ClassMap map = map_classes(names, classes);
    if (map.by_name) return map;
  } catch (const Error&) {
    // Nor are there as many, which does not matter: numbers of folders of one set mean nothing.
  }
  const std::string trained =
      classes.empty() ? "there are none" : fmt::format("'{}', …", classes.front());
  throw Error(fmt::format(
      "the class folders of {} ('{}', …) are none of training's ({}); rename them alike",
      folder.string(), names.front(), trained));
}

std::vector<std::string> classes_of(const std::vector<std::string>& folders) {
  std::vector<std::string> classes(folders.size());
  std::ranges::transform(folders, classes.begin(), as_utf8);
  return classes;
}

// `classes` are training's; others that are kept come behind them.
std::vector<ClassFolder> labelled_folders(const fs::path& folder,
                                          const std::vector<std::string>& names,
                                          OtherClasses others, std::vector<std::string>& classes) {
  std::vector<ClassFolder> folders;
  if (names.empty()) return folders;
  const std::vector<std::string> own = classes_of(names);
  const ClassMap map = map_to_training(folder, own, classes);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::int32_t label = map.labels[i];
    if (label == ClassMap::kUnknown && others == OtherClasses::keep) {
      label = static_cast<std::int32_t>(classes.size());
      classes.push_back(own[i]);
    }
    folders.push_back({names[i], label});
  }
  return folders;
}

// Files beside the parts' folders are counted with the first part.
void leave_out_strays(const fs::path& root, FolderIndex& files) {
  for (LeftOut row : stray_files(root, "in no part's folder")) {
    row.example = fs::path("..") / row.example;
    files.leave_out(row);
  }
}

}  // namespace

std::optional<ImageFolderFiles> find_image_folder(const fs::path& root, Split split,
                                                  OtherClasses others) {
  const FolderLayout layout = find_layout(root);
  const auto part = std::ranges::find(layout.parts, split, &FolderLayout::Part::split);
  if (part == layout.parts.end()) return std::nullopt;
  const auto train = std::ranges::find(layout.parts, Split::train, &FolderLayout::Part::split);
  const std::vector<std::string> names = class_folders(part->folder);
  refuse_same_names(part->folder, names);
  std::vector<std::string> classes = classes_of(
      train == layout.parts.end() || train == part ? names : class_folders(train->folder));
  const std::vector<ClassFolder> folders = labelled_folders(part->folder, names, others, classes);
  FolderIndex files = index_folder(part->folder, folders, user_folder_cache());
  if (files.size() == 0) refuse_without_images(part->folder, files);
  if (split == Split::train) refuse_empty_class(part->folder, folders, files);
  refuse_inner_parts(part->folder, files);
  if (part == layout.parts.begin() && part->folder != root) leave_out_strays(root, files);
  return ImageFolderFiles{std::move(files), std::move(classes)};
}

DatasetPtr open_image_folder(const fs::path& root, Split split) {
  auto found = find_image_folder(root, split, OtherClasses::keep);
  if (!found) return nullptr;
  return std::make_shared<ImageFolder>(std::move(found->files), std::move(found->classes));
}

bool is_picture_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  bool has_images = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    if (is_folder(entry)) return false;
    has_images = has_images || is_image_extension(entry.path().extension().string());
  }
  return has_images;
}

// As a folder of one class beside others.
DatasetPtr open_picture_folder(const fs::path& folder) {
  const fs::path plain = folder.has_filename() ? folder : folder.parent_path();
  FolderIndex files(plain.parent_path());
  files.add_class({plain.filename(), 0});
  return std::make_shared<ImageFolder>(std::move(files), std::vector<std::string>());
}

DatasetParts image_folder_parts(const fs::path& root) {
  FolderLayout layout = find_layout(root);
  DatasetParts result{{}, std::move(layout.ignored)};
  for (const auto& [split, folder] : layout.parts) {
    result.parts.push_back({split, folder.string()});
    if (folder == root) continue;
    for (const std::string& run : run_folders(folder)) {
      result.ignored.push_back(folder.filename() / run);
    }
  }
  return result;
}

}  // namespace alexnet
