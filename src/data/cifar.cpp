#include "data/cifar.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/bytes.h"
#include "data/memory_dataset.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32;
constexpr std::size_t kPlane = kSide * kSide;
constexpr std::size_t kImage = 3 * kPlane;

// A record is its label bytes (the last one is the class), then red, green and blue planes.
struct Format {
  std::size_t label_bytes;
  std::size_t classes;
  const char* subfolder;
  const char* names;
  std::vector<std::string> train;
  std::vector<std::string> test;
};

const std::array<Format, 2>& formats() {
  static const std::array<Format, 2> both{
      Format{.label_bytes = 1,
             .classes = 10,
             .subfolder = "cifar-10-batches-bin",
             .names = "batches.meta.txt",
             .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                       "data_batch_4.bin", "data_batch_5.bin"},
             .test = {"test_batch.bin"}},
      Format{.label_bytes = 2,
             .classes = 100,
             .subfolder = "cifar-100-binary",
             .names = "fine_label_names.txt",
             .train = {"train.bin"},
             .test = {"test.bin"}}};
  return both;
}

struct Place {
  const Format* format = nullptr;
  fs::path folder;
};

Place find(const fs::path& folder) {
  for (const Format& format : formats()) {
    for (const fs::path& candidate : {folder, folder / format.subfolder}) {
      if (fs::exists(candidate / format.names)) return {&format, candidate};
    }
  }
  return {};
}

std::vector<std::string> read_names(const fs::path& path, std::size_t expected) {
  std::ifstream stream(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (names.size() != expected) {
    throw Error(fmt::format("{} names {} classes, not {}", path.string(), names.size(), expected));
  }
  return names;
}

void append(const fs::path& path, const Format& format, MemoryDataset::Content& content) {
  const MappedFile file(path);
  const ByteView bytes = view(file);
  const std::size_t record = format.label_bytes + kImage;
  if (bytes.empty() || bytes.size() % record != 0) {
    throw Error(
        fmt::format("{} has {} bytes, which is no whole number of records of {} bytes; get "
                    "the file again",
                    path.string(), bytes.size(), record));
  }
  const std::size_t before = content.labels.size();
  for (std::size_t start = 0; start < bytes.size(); start += record) {
    content.labels.push_back(bytes[start + format.label_bytes - 1]);
    const auto planes = bytes.subspan(start + format.label_bytes, kImage);
    for (std::size_t p = 0; p < kPlane; ++p) {
      for (std::size_t c = 0; c < 3; ++c) content.pixels.push_back(planes[c * kPlane + p]);
    }
  }
  check_labels(std::span(content.labels).subspan(before), format.classes, path.string());
}

}  // namespace

bool is_cifar_folder(const fs::path& folder) {
  return find(folder).format != nullptr;
}

std::vector<Split> cifar_splits(const fs::path& folder) {
  const auto [format, place] = find(folder);
  const auto exists = [&place = place](const std::string& file) {
    return fs::exists(place / file);
  };
  std::vector<Split> splits;
  if (std::ranges::any_of(format->train, exists)) splits.push_back(Split::train);
  if (std::ranges::any_of(format->test, exists)) splits.push_back(Split::test);
  if (splits.empty()) throw Error(fmt::format("{} has none of the set's files", place.string()));
  return splits;
}

DatasetPtr open_cifar(const fs::path& folder, Split split) {
  if (split == Split::validation) return nullptr;
  const auto [format, place] = find(folder);
  if (format == nullptr) {
    throw Error(fmt::format("{} holds no CIFAR files in the binary version", folder.string()));
  }
  MemoryDataset::Content content{.height = kSide,
                                 .width = kSide,
                                 .channels = 3,
                                 .classes = read_names(place / format->names, format->classes)};
  for (const std::string& file : split == Split::train ? format->train : format->test) {
    append(place / file, *format, content);
  }
  return std::make_shared<MemoryDataset>(std::move(content));
}

}  // namespace alexnet
