#include "data/image_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/codec.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

struct File {
  std::string path;
  std::int32_t label = 0;
};

class ImageFolder : public Dataset {
 public:
  ImageFolder(std::vector<File> files, std::vector<std::string> classes)
      : files_(std::move(files)), classes_(std::move(classes)) {}

  std::size_t size() const override { return files_.size(); }
  Sample sample(std::size_t index) const override {
    const File& file = files_[index];
    return {.image = read_image(file.path, channels()), .label = file.label};
  }
  int channels() const override { return 3; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(std::size_t index) const override { return files_[index].path; }

 private:
  std::vector<File> files_;
  std::vector<std::string> classes_;
};

bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

std::vector<std::string> visible_folders(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !is_hidden(entry.path())) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
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

std::vector<std::string> image_paths(const fs::path& folder) {
  std::vector<std::string> paths;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(folder, options); it != fs::end(it); ++it) {
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && looks_like_image(it->path())) {
      paths.push_back(it->path());
    }
  }
  std::ranges::sort(paths);
  return paths;
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

std::vector<File> find_files(const fs::path& folder, const std::vector<std::string>& classes,
                             Split split) {
  std::vector<File> files;
  for (const std::string& name : visible_folders(folder)) {
    const std::int32_t label = label_of(name, classes, folder);
    const std::size_t before = files.size();
    for (std::string& path : image_paths(folder / name)) files.push_back({std::move(path), label});
    if (split == Split::train && files.size() == before) {
      throw Error(fmt::format("class folder {} holds no JPEG or PNG images; fill or remove it",
                              (folder / name).string()));
    }
  }
  return files;
}

constexpr std::array<std::string_view, 3> kSplitFolders{"train", "val", "test"};

std::string_view folder_name(Split split) {
  return kSplitFolders.at(static_cast<std::size_t>(split));
}

// A folder named train may also be a class, of railway pictures: then it has siblings that are none
// of the splits, and no folders of its own.
bool has_split_folders(const fs::path& root) {
  const std::vector<std::string> names = visible_folders(root);
  const auto is_split = [](const std::string& name) {
    return std::ranges::find(kSplitFolders, name) != kSplitFolders.end();
  };
  if (std::ranges::none_of(names, is_split)) return false;
  return std::ranges::all_of(names, is_split) ||
         std::ranges::any_of(names, [&](const std::string& name) {
           return is_split(name) && !visible_folders(root / name).empty();
         });
}

}  // namespace

DatasetPtr open_image_folder(const fs::path& root, Split split) {
  const bool splits = has_split_folders(root);
  const fs::path folder = splits ? root / folder_name(split) : root;
  if (split == Split::validation && (!splits || !fs::is_directory(folder))) return nullptr;
  if (!fs::is_directory(folder)) {
    throw Error(fmt::format("{} has no folder {}; add it, or give a folder of class folders",
                            root.string(), folder_name(split)));
  }
  const fs::path train = root / folder_name(Split::train);
  std::vector<std::string> classes =
      visible_folders(splits && fs::is_directory(train) ? train : folder);
  std::vector<File> files = find_files(folder, classes, split);
  if (files.empty()) {
    throw Error(fmt::format("{} holds no class folders of JPEG or PNG images", folder.string()));
  }
  return std::make_shared<ImageFolder>(std::move(files), std::move(classes));
}

}  // namespace alexnet
