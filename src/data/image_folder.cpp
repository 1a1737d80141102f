#include "data/image_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/file.h"
#include "data/file_names.h"
#include "data/folder_cache.h"
#include "data/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

class ImageFolder : public Dataset {
 public:
  ImageFolder(FolderIndex files, std::vector<std::string> classes)
      : files_(std::move(files)), classes_(std::move(classes)) {}

  std::size_t size() const override { return files_.size(); }
  Sample sample(std::size_t index) const override {
    return {.image = read_image(files_.path(index), channels()), .label = files_.label(index)};
  }
  void read(std::size_t index, StoredSample& stored) const override {
    stored.name = files_.path(index);
    stored.label = files_.label(index);
    stored.is_file = true;
    read_file(stored.name, stored.file);
  }
  std::string name(std::size_t index) const override { return files_.path(index); }
  int channels() const override { return 3; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  FolderIndex files_;
  std::vector<std::string> classes_;
};

std::vector<std::string> visible_folders(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !is_hidden(entry.path())) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

std::int32_t label_of(const std::string& name, const std::vector<std::string>& classes,
                      const fs::path& folder) {
  const auto found = std::ranges::lower_bound(classes, name);
  if (found == classes.end() || *found != name) {
    throw Error(
        fmt::format("{} is a class that the training set does not have", (folder / name).string()));
  }
  return static_cast<std::int32_t>(found - classes.begin());
}

FolderIndex find_files(const fs::path& folder, const std::vector<std::string>& classes,
                       Split split) {
  std::vector<ClassFolder> folders;
  for (const std::string& name : visible_folders(folder)) {
    folders.push_back({name, label_of(name, classes, folder)});
  }
  FolderIndex files = index_folder(folder, folders, user_folder_cache());
  for (const auto& [name, label] : folders) {
    if (split == Split::train && files.count_label(label) == 0) {
      throw Error(fmt::format("class folder {} holds no JPEG or PNG images; fill or remove it",
                              (folder / name).string()));
    }
  }
  return files;
}

// A folder named train may also be a class, of railway pictures: then it has siblings that are none
// of the splits, and no folders of its own.
bool has_split_folders(const fs::path& root) {
  const std::vector<std::string> names = visible_folders(root);
  const auto is_split = [](const std::string& name) {
    return std::ranges::any_of(kSplits, [&](Split split) { return name == split_name(split); });
  };
  if (std::ranges::none_of(names, is_split)) return false;
  return std::ranges::all_of(names, is_split) ||
         std::ranges::any_of(names, [&](const std::string& name) {
           return is_split(name) && !visible_folders(root / name).empty();
         });
}

}  // namespace

std::optional<ImageFolderFiles> find_image_folder(const fs::path& root, Split split) {
  const bool splits = has_split_folders(root);
  const fs::path folder = splits ? root / split_name(split) : root;
  if (split == Split::validation && (!splits || !fs::is_directory(folder))) return std::nullopt;
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("{} has no folder {}; add it, or give a folder of class folders",
                            root.string(), split_name(split)));
  }
  const fs::path train = root / split_name(Split::train);
  std::vector<std::string> classes =
      visible_folders(splits && fs::is_directory(train) ? train : folder);
  FolderIndex files = find_files(folder, classes, split);
  if (files.size() == 0) {
    throw Error(fmt::format("{} holds no class folders of JPEG or PNG images", folder.string()));
  }
  return ImageFolderFiles{std::move(files), std::move(classes)};
}

DatasetPtr open_image_folder(const fs::path& root, Split split) {
  auto found = find_image_folder(root, split);
  if (!found) return nullptr;
  return std::make_shared<ImageFolder>(std::move(found->files), std::move(found->classes));
}

std::vector<Split> image_folder_splits(const fs::path& root) {
  if (!has_split_folders(root)) return {Split::train};
  std::vector<Split> splits;
  std::ranges::copy_if(kSplits, std::back_inserter(splits),
                       [&](Split split) { return fs::is_directory(root / split_name(split)); });
  return splits;
}

}  // namespace alexnet
