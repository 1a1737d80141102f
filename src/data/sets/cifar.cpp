#include "data/sets/cifar.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/files/bytes.h"
#include "data/files/file_names.h"
#include "data/files/lines.h"
#include "data/sets/cifar_python.h"
#include "data/sets/left_out.h"
#include "data/sets/memory_dataset.h"
#include "data/sets/stray_files.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32;
constexpr std::size_t kPlane = kSide * kSide;
constexpr std::size_t kImage = 3 * kPlane;

// One of the labels that an image has.
struct Labels {
  std::string_view name;  // as DATA chooses it
  std::size_t classes;
  const char* names;  // the file of the classes' names, or the key of a pickle
  const char* key;    // of the labels in a pickle; none: the binary version's
  std::size_t byte;   // where a record of the binary version has its label
};

// A record of the binary version is its label bytes, then red, green and blue planes.
struct Format {
  std::size_t label_bytes;  // 0: pickled
  const char* subfolder;
  const char* marker;          // a file that every such folder has
  std::vector<Labels> labels;  // the usual ones first
  std::vector<std::string> train;
  std::vector<std::string> test;

  const std::vector<std::string>& files(Split split) const {
    static const std::vector<std::string> none;
    return split == Split::train ? train : split == Split::test ? test : none;
  }
};

const std::array<Format, 4>& formats() {
  static const std::array<Format, 4> all{
      Format{.label_bytes = 1,
             .subfolder = "cifar-10-batches-bin",
             .marker = "batches.meta.txt",
             .labels = {{"fine", 10, "batches.meta.txt", nullptr, 0}},
             .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                       "data_batch_4.bin", "data_batch_5.bin"},
             .test = {"test_batch.bin"}},
      Format{.label_bytes = 2,
             .subfolder = "cifar-100-binary",
             .marker = "fine_label_names.txt",
             .labels = {{"fine", 100, "fine_label_names.txt", nullptr, 1},
                        {"coarse", 20, "coarse_label_names.txt", nullptr, 0}},
             .train = {"train.bin"},
             .test = {"test.bin"}},
      Format{
          .label_bytes = 0,
          .subfolder = "cifar-10-batches-py",
          .marker = "batches.meta",
          .labels = {{"fine", 10, "label_names", "labels", 0}},
          .train = {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
          .test = {"test_batch"}},
      Format{.label_bytes = 0,
             .subfolder = "cifar-100-python",
             .marker = "meta",
             .labels = {{"fine", 100, "fine_label_names", "fine_labels", 0},
                        {"coarse", 20, "coarse_label_names", "coarse_labels", 0}},
             .train = {"train"},
             .test = {"test"}}};
  return all;
}

struct Place {
  const Format* format = nullptr;
  fs::path folder;
};

// A file called meta alone may be anybody's.
bool holds(const fs::path& folder, const Format& format) {
  const auto is_file = [&](const std::string& name) { return fs::is_regular_file(folder / name); };
  if (!is_file(format.marker)) return false;
  return format.marker != std::string_view("meta") || is_file(format.train.front()) ||
         is_file(format.test.front());
}

// Both versions of one set are as good.
Place find(const fs::path& folder) {
  Place below;
  for (const Format& format : formats()) {
    if (holds(folder, format)) return {&format, folder};
    if (!holds(folder / format.subfolder, format)) continue;
    const Place found{&format, folder / format.subfolder};
    if (below.format == nullptr) below = found;
    if (below.format->labels.front().classes == format.labels.front().classes) continue;
    throw Error(fmt::format("{} holds two sets, {} and {}; give one of these folders",
                            folder.string(), below.folder.filename().string(), format.subfolder));
  }
  return below;
}

const Labels& find_labels(const Format& format, std::string_view name, const fs::path& folder) {
  if (name.empty()) return format.labels.front();
  const auto found = std::ranges::find(format.labels, name, &Labels::name);
  if (found != format.labels.end()) return *found;
  std::vector<std::string_view> names;
  names.reserve(format.labels.size());
  for (const Labels& labels : format.labels) names.push_back(labels.name);
  throw Error(
      fmt::format("{} has no '{}' labels, only {}", folder.string(), name, fmt::join(names, ", ")));
}

std::vector<std::string> class_names(const Place& place, const Labels& labels) {
  const bool is_pickled = labels.key != nullptr;
  const fs::path path = place.folder / (is_pickled ? place.format->marker : labels.names);
  std::vector<std::string> names =
      is_pickled ? parse_cifar_names(MappedFile(path).bytes(), labels.names, path.string())
                 : read_names(path);
  if (names.size() != labels.classes) {
    throw Error(fmt::format("{} names {} classes, not {}; get the file again", path.string(),
                            names.size(), labels.classes));
  }
  return names;
}

// Files that others may have added, as data_batch_6.bin, and what is none of them.
std::vector<LeftOut> files_beside(const Place& place) {
  std::vector<std::string> others;
  for (const fs::directory_entry& entry : fs::directory_iterator(place.folder)) {
    const std::string name = entry.path().filename();
    const Format& format = *place.format;
    const bool may_be = name.find("batch") != std::string::npos || name.ends_with(".bin");
    const bool is_own = name == format.marker || std::ranges::count(format.train, name) > 0 ||
                        std::ranges::count(format.test, name) > 0;
    if (may_be && !is_own && !is_hidden(name) && !is_folder(entry)) others.push_back(name);
  }
  std::ranges::sort(others);
  std::vector<LeftOut> left_out = stray_files(place.folder, "an image beside the set's files");
  for (const std::string& name : others) add_left_out(left_out, {"no file of CIFAR's", 1, name});
  return left_out;
}

// Red, green and blue planes become pixels.
template <class Byte>
void append_image(std::span<const Byte> planes, MemoryDataset::Content& content) {
  for (std::size_t p = 0; p < kPlane; ++p) {
    for (std::size_t c = 0; c < 3; ++c) {
      content.pixels.push_back(static_cast<std::uint8_t>(planes[c * kPlane + p]));
    }
  }
}

void append_binary(const fs::path& path, const Format& format, const Labels& labels,
                   MemoryDataset::Content& content) {
  const MappedFile file(path);
  const ByteView bytes = bytes_of(file);
  const std::size_t record = format.label_bytes + kImage;
  if (bytes.empty() || bytes.size() % record != 0) {
    throw Error(
        fmt::format("{} has {} bytes, which is no whole number of records of {} bytes; get "
                    "the file again",
                    path.string(), bytes.size(), record));
  }
  for (std::size_t start = 0; start < bytes.size(); start += record) {
    content.labels.push_back(bytes[start + labels.byte]);
    append_image(bytes.subspan(start + format.label_bytes, kImage), content);
  }
}

void append_pickled(const fs::path& path, const Labels& labels, MemoryDataset::Content& content) {
  const MappedFile file(path);
  const CifarBatch batch = parse_cifar_batch(file.bytes(), labels.key, path.string());
  if (batch.labels.empty()) throw Error(fmt::format("{} has no images", path.string()));
  content.labels.insert(content.labels.end(), batch.labels.begin(), batch.labels.end());
  const std::span<const char> pixels(batch.pixels);
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    append_image(pixels.subspan(i * kImage, kImage), content);
  }
}

}  // namespace

bool is_cifar_folder(const fs::path& folder) {
  return find(folder).format != nullptr;
}

std::vector<Split> cifar_splits(const fs::path& folder, std::string_view labels) {
  const auto [format, place] = find(folder);
  find_labels(*format, labels, place);
  const auto exists = [&place = place](const std::string& file) {
    return fs::exists(place / file);
  };
  std::vector<Split> splits;
  if (std::ranges::any_of(format->train, exists)) splits.push_back(Split::train);
  if (std::ranges::any_of(format->test, exists)) splits.push_back(Split::test);
  if (splits.empty())
    throw Error(fmt::format("{} has none of the set's files beside {}; get the set again",
                            place.string(), format->marker),
                ErrorKind::not_found);
  return splits;
}

DatasetPtr open_cifar(const fs::path& folder, Split split, std::string_view labels) {
  const Place place = find(folder);
  const Labels& chosen = find_labels(*place.format, labels, place.folder);
  if (std::ranges::count(cifar_splits(folder, labels), split) == 0) return nullptr;
  MemoryDataset::Content content{.height = kSide,
                                 .width = kSide,
                                 .channels = 3,
                                 .classes = class_names(place, chosen),
                                 .left_out = files_beside(place)};
  for (const std::string& file : place.format->files(split)) {
    const fs::path path = place.folder / file;
    const std::size_t before = content.labels.size();
    if (chosen.key == nullptr) {
      append_binary(path, *place.format, chosen, content);
    } else {
      append_pickled(path, chosen, content);
    }
    check_labels(std::span(content.labels).subspan(before), chosen.classes, path.string());
  }
  return std::make_shared<MemoryDataset>(std::move(content));
}

}  // namespace alexnet
