#include "data/sets/class_check.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <set>

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
std::string class_folder(const Dataset& dataset, std::size_t index) {
  const std::string key = dataset.key(index);
  const std::string name = dataset.name(index);
  if (!name.ends_with(key)) return *fs::path(key).begin();
  return name.substr(0, name.size() - key.size()) + fs::path(key).begin()->string();
}

}  // namespace

void require_several_classes(const Dataset& training) {
  if (training.classes().size() != 1 || training.size() == 0) return;
  std::set<std::string> inner;
  for (std::size_t i = 0; i < training.size(); ++i) inner.insert(inner_folder(training.key(i)));
  const bool has_classes_below = inner.size() > 1 && inner.count("") == 0;
  const bool is_folder = training.key(0).find('/') != std::string::npos;
  std::string advice = is_folder ? "give a folder that holds a folder of images for each class"
                                 : "give data of several";
  if (has_classes_below) {
    advice = fmt::format("{} holds class folders: give that", class_folder(training, 0));
  }
  throw Error(
      fmt::format("the data has one class alone, '{}', and a network needs two to tell apart; {}",
                  training.classes().front(), advice));
}

std::string note_on_nested_folders(const Dataset& dataset) {
  if (!is_nested(dataset)) return "";
  return fmt::format(
      "all images lie in folders within the class folders, such as {}/{}, and have the classes of "
      "the outer ones; if the inner ones are the classes, give one of the class folders",
      class_folder(dataset, 0), inner_folder(dataset.key(0)));
}

}  // namespace alexnet
