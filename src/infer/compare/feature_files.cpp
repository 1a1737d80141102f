#include "infer/compare/feature_files.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/file.h"
#include "core/json.h"
#include "core/json_fields.h"
#include "infer/compare/similarity.h"
#include "infer/npy.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code absent;
  return fs::exists(path, absent);
}

json read_json(const fs::path& path) {
  return parse_json(read_text_file(path), path.string());
}

std::vector<FeatureFile> described_files(const fs::path& folder) {
  const json description = read_json(folder / "features.json");
  std::vector<FeatureFile> files;
  const std::string source = (folder / "features.json").string();
  FieldReader read(description, source);
  for (const json& layer : read.take("layers")) {
    std::string name;
    FieldReader(layer, source)("file", name);
    const fs::path file = folder / name;
    files.push_back({file.stem().string(), file});
  }
  return files;
}

// Labels are no features.
std::vector<FeatureFile> npy_files(const fs::path& folder) {
  std::vector<FeatureFile> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    const bool is_labels = path.stem() == "labels" || path.stem().extension() == ".labels";
    if (path.extension() != ".npy" || is_labels) continue;
    files.push_back({path.stem().string(), path});
  }
  std::ranges::sort(files, {}, &FeatureFile::path);
  return files;
}

std::int64_t rows_of(const FeatureFile& file) {
  const NpyFile npy(file.path, "<f4");
  return npy.shape().empty() ? 0 : npy.shape().front();
}

// Of the images, without their folders, which may have moved; empty: nobody says.
std::vector<std::string> names_beside(const FeatureFile& file) {
  json names;
  if (const fs::path all = file.path.parent_path() / "names.json"; is_there(all)) {
    names = read_json(all);
  } else if (const fs::path own = fs::path(file.path).replace_extension(".json"); is_there(own)) {
    const json description = read_json(own);
    if (description.is_object() && description.contains("names")) names = description["names"];
  }
  std::vector<std::string> result;
  for (const json& name : names) {
    result.push_back(name.is_string() ? fs::path(name.get<std::string>()).filename().string() : "");
  }
  return result;
}

void check_names(const FeatureFile& first, const std::vector<std::string>& names,
                 const FeatureFile& other) {
  const std::vector<std::string> others = names_beside(other);
  if (names.empty() || others.empty()) return;
  const auto [mine, theirs] = std::ranges::mismatch(names, others);
  if (mine == names.end() && theirs == others.end()) return;
  throw Error(fmt::format(
      "{} and {} are of other images: image {} is {} and {}; compare features of the same images "
      "in the same order",
      first.path.string(), other.path.string(), mine - names.begin(),
      mine == names.end() ? "none" : *mine, theirs == others.end() ? "none" : *theirs));
}

}  // namespace

std::vector<FeatureFile> find_feature_files(const fs::path& path) {
  std::error_code absent;
  if (!fs::is_directory(path, absent)) return {{path.stem().string(), path}};
  std::vector<FeatureFile> files =
      is_there(path / "features.json") ? described_files(path) : npy_files(path);
  if (files.empty()) {
    throw Error(fmt::format("{} holds no features; give a .npy file, or a folder that alexnet "
                            "features wrote",
                            path.string()),
                ErrorKind::not_found);
  }
  return files;
}

std::int64_t count_images(std::span<const FeatureFile> files) {
  const FeatureFile& first = files.front();
  const std::int64_t images = rows_of(first);
  const std::vector<std::string> names = names_beside(first);
  for (const FeatureFile& file : files.subspan(1)) {
    if (const std::int64_t others = rows_of(file); others != images) {
      throw Error(fmt::format("{} has {} images and {} has {}; compare features of the same images",
                              first.path.string(), images, file.path.string(), others));
    }
    check_names(first, names, file);
  }
  if (images >= kLeastImages) return images;
  throw Error(fmt::format("{}: {} images are too few to compare; give at least {}",
                          first.path.string(), images, kLeastImages));
}

Representation represent(const FeatureFile& file, std::span<const std::uint32_t> rows,
                         ImageDistance distance) {
  const NpyFile npy(file.path, "<f4");
  const std::span elements(reinterpret_cast<const float*>(npy.elements().data()),
                           npy.elements().size() / sizeof(float));
  const auto columns = elements.size() / static_cast<std::size_t>(npy.shape().front());
  Representation layer = represent(file.path.string(), elements, columns, rows, distance);
  layer.name = file.name;
  return layer;
}

}  // namespace alexnet
