#include "data/sets/class_check.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <vector>

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// The folder below the class folder in which a sample lies; empty where it lies in none. Of keys
// that are paths: other sets' have no slashes.
std::string inner_folder(const std::string& key) {
  const fs::path path = fs::path(key).parent_path();
  return std::distance(path.begin(), path.end()) < 2 ? "" : std::next(path.begin())->string();
}

bool is_nested(const Dataset& dataset) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (inner_folder(dataset.key(i)).empty()) return false;
  }
  return dataset.size() > 0;
}

// The class folder of a sample, of which name(i) is the path and key(i) its end.
fs::path class_folder(const Dataset& dataset, std::size_t index) {
  const std::string key = dataset.key(index);
  const std::string name = dataset.name(index);
  if (!name.ends_with(key)) return *fs::path(key).begin();
  return name.substr(0, name.size() - key.size()) + fs::path(key).begin()->string();
}

// Folders that all samples lie in, outermost first, in class folders' keys.
std::vector<fs::path> common_folders(const Dataset& dataset) {
  const auto folders_of = [&](std::size_t index) {
    const fs::path folder = fs::path(dataset.key(index)).parent_path();
    return std::vector<fs::path>(folder.begin(), folder.end());
  };
  std::vector<fs::path> common = folders_of(0);
  for (std::size_t i = 1; i < dataset.size(); ++i) {
    const std::vector<fs::path> own = folders_of(i);
    common.erase(std::ranges::mismatch(common, own).in1, common.end());
  }
  return common;
}

// The folder that holds a folder of images for each class, below one that was given; empty: none.
fs::path folder_of_classes(const Dataset& dataset) {
  const std::vector<fs::path> common = common_folders(dataset);
  if (common.empty()) return {};
  fs::path below;
  for (const fs::path& folder : common) below /= folder;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (fs::path(dataset.key(i)).parent_path() == below) return {};
  }
  const fs::path rest = below.lexically_relative(common.front());
  return rest == "." ? class_folder(dataset, 0) : class_folder(dataset, 0) / rest;
}

}  // namespace

void require_several_classes(const Dataset& training) {
  if (training.classes().size() != 1 || training.size() == 0) return;
  const bool is_folder = training.key(0).find('/') != std::string::npos;
  std::string advice = is_folder ? "give a folder that holds a folder of images for each class"
                                 : "give data of several";
  const fs::path below = folder_of_classes(training);
  if (!below.empty()) advice = fmt::format("{} holds class folders: give that", below.string());
  throw Error(
      fmt::format("the data has one class alone, '{}', and a network needs two to tell apart; {}",
                  training.classes().front(), advice));
}

std::string note_on_nested_folders(const Dataset& dataset) {
  if (!is_nested(dataset)) return "";
  return fmt::format(
      "all images lie in folders within the class folders, such as {}/{}, and have the classes of "
      "the outer ones; if the inner ones are the classes, give one of the class folders",
      class_folder(dataset, 0).string(), inner_folder(dataset.key(0)));
}

}  // namespace alexnet
