#include "cli/lpips_pairs.h"

#include <alexnet/error.h>
#include <alexnet/model.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "cli/image_files.h"
#include "core/counted.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostPairs = 2'000'000;

// Images below a folder by their paths from there, whatever their format.
std::map<std::string, std::string> named_images(const std::string& folder) {
  std::map<std::string, std::string> images;
  for (const std::string& file : image_files({folder})) {
    const std::string name = fs::path(file).lexically_relative(folder).replace_extension().string();
    const auto [first, is_new] = images.emplace(name, file);
    if (!is_new) {
      throw Error(
          fmt::format("{} and {} have one name; images of two folders are compared by "
                      "their names without extension",
                      first->second, file));
    }
  }
  return images;
}

LpipsPairs pairs_by_name(const std::string& references, const std::string& folder) {
  LpipsPairs pairs{.by_name = true};
  std::map<std::string, std::string> images = named_images(folder);
  for (const auto& [name, reference] : named_images(references)) {
    const auto found = images.find(name);
    if (found == images.end()) {
      pairs.lone_references.push_back(reference);
      continue;
    }
    pairs.all.push_back({reference, found->second});
    images.erase(found);
  }
  for (const auto& [name, image] : images) pairs.lone_images.push_back(image);
  if (pairs.all.empty()) {
    throw Error(fmt::format("no image below {} has the name of one below {}", folder, references),
                ErrorKind::not_found);
  }
  return pairs;
}

LpipsPairs every_pair(const std::vector<std::string>& arguments) {
  const std::vector<std::string> files = image_files(arguments);
  const auto count = static_cast<std::int64_t>(files.size());
  if (count < 2) throw Error("one image alone makes no pair; give more");
  if (count * (count - 1) / 2 > kMostPairs) {
    throw Error(fmt::format("{} are {} pairs, and --all-pairs compares up to {}; give fewer",
                            counted(count, "image"), with_thousands(count * (count - 1) / 2),
                            with_thousands(kMostPairs)));
  }
  LpipsPairs pairs;
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) pairs.all.push_back({files[i], files[j]});
  }
  return pairs;
}

void require_there(const std::string& path) {
  if (fs::exists(path)) return;
  throw Error(fmt::format("there is no {}; name a file or folder", path), ErrorKind::not_found);
}

}  // namespace

LpipsPairs find_pairs(const std::vector<std::string>& arguments, bool all_pairs) {
  if (all_pairs) return every_pair(arguments);
  const std::string& reference = arguments.front();
  require_there(reference);
  if (fs::is_directory(reference)) {
    if (arguments.size() == 2) require_there(arguments[1]);
    if (arguments.size() == 2 && fs::is_directory(arguments[1])) {
      return pairs_by_name(reference, arguments[1]);
    }
    throw Error(
        fmt::format("{} is a folder; compare it with one other folder, or name an image "
                    "first",
                    reference));
  }
  LpipsPairs pairs;
  for (const std::string& file : image_files({arguments.begin() + 1, arguments.end()})) {
    pairs.all.push_back({reference, file});
  }
  return pairs;
}

std::string find_trunk(const std::string& weights) {
  constexpr std::array<const char*, 2> kNames{"alexnet-trunk.safetensors",
                                              "alexnet-owt-7be5be79.pth"};
  if (!weights.empty()) return find_weights(weights).string();
  if (const char* file = std::getenv("ALEXNET_WEIGHTS"); file != nullptr && *file != '\0') {
    return find_weights(file).string();
  }
  if (const char* folder = std::getenv("ALEXNET_DATA"); folder != nullptr) {
    for (const char* name : kNames) {
      if (const fs::path file = fs::path(folder) / name; fs::exists(file)) return file.string();
    }
  }
  throw Error(
      fmt::format("LPIPS needs AlexNet's trained convolutions: name torchvision's file, {} from "
                  "https://download.pytorch.org/models, with --weights or $ALEXNET_WEIGHTS, or put "
                  "it into $ALEXNET_DATA",
                  kNames.back()),
      ErrorKind::not_found);
}

}  // namespace alexnet::cli
