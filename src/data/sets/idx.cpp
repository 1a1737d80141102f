#include "data/sets/idx.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.h"
#include "core/printable.h"
#include "data/files/file_names.h"
#include "data/files/gzip_file.h"
#include "data/sets/idx_files.h"
#include "data/sets/memory_dataset.h"
#include "data/sets/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x0803;  // unsigned bytes, three dimensions
constexpr std::uint32_t kLabelsMagic = 0x0801;  // unsigned bytes, one dimension
constexpr std::uint32_t kTablesMagic = 0x0C02;  // integers of four bytes, two dimensions
constexpr std::uint32_t kMaxSide = 4096;
constexpr std::size_t kIntBytes = 4;

struct Idx {
  std::string file;
  std::vector<std::uint32_t> extents;
  std::vector<std::uint8_t> bytes;
};

std::uint32_t read_word(GzipFile& stream, const std::string& file) {
  const std::vector<std::uint8_t> bytes = stream.read(4);
  if (bytes.size() < 4)
    throw Error(fmt::format("{} ends within its IDX header; get the file again", file));
  std::uint32_t word = 0;
  for (const std::uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

Idx read_idx(const fs::path& path, std::uint32_t magic) {
  GzipFile stream(path);
  Idx idx{.file = path.string(), .extents = {}, .bytes = {}};
  if (const std::uint32_t found = read_word(stream, idx.file); found != magic) {
    throw Error(
        fmt::format("{} is not the IDX file it should be: it begins with {:#010x}, not {:#010x}; "
                    "get the file again",
                    idx.file, found, magic));
  }
  const std::uint32_t dimensions = magic & 0xFF;
  std::uint64_t expected = 1;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    const std::uint32_t extent = read_word(stream, idx.file);
    if (extent == 0 || (d > 0 && extent > kMaxSide)) {
      throw Error(fmt::format("{}: dimension {} of its IDX header is {}; get the file again",
                              idx.file, d, extent));
    }
    idx.extents.push_back(extent);
    expected *= extent;
  }
  if (magic == kTablesMagic) expected *= kIntBytes;
  idx.bytes = stream.read(expected + 1);
  if (idx.bytes.size() != expected) {
    const bool longer = idx.bytes.size() > expected;
    throw Error(
        fmt::format("{}: its IDX header says {} = {} bytes, but {}; get the file again", idx.file,
                    fmt::join(idx.extents, " x "), expected,
                    longer ? "there are more" : fmt::format("there are {}", idx.bytes.size())));
  }
  return idx;
}

// QMNIST's labels are tables: the first column is the class, big end first.
Idx read_labels(const fs::path& path) {
  if (lowered(path.filename().string()).find("idx2-int") == std::string::npos) {
    return read_idx(path, kLabelsMagic);
  }
  Idx table = read_idx(path, kTablesMagic);
  Idx labels{.file = table.file, .extents = {table.extents[0]}, .bytes = {}};
  const std::size_t row = table.extents[1] * kIntBytes;
  for (std::size_t begin = 0; begin < table.bytes.size(); begin += row) {
    const auto word = table.bytes.begin() + static_cast<std::ptrdiff_t>(begin);
    if (std::any_of(word, word + 3, [](std::uint8_t byte) { return byte != 0; })) {
      throw Error(fmt::format("{}: row {} has no label from 0 to 255", table.file, begin / row));
    }
    labels.bytes.push_back(word[3]);
  }
  return labels;
}

bool is_named(const fs::path& folder, std::string_view name) {
  const fs::path given = folder.has_filename() ? folder : folder.parent_path();
  return given.filename() == name || fs::canonical(folder).filename() == name;
}

// The classes of a set: the labels that its files have for them, in order, and their names.
struct Classes {
  std::vector<std::uint8_t> labels;
  std::vector<std::string> names;
};

// Lines of "LABEL CODE [CODE]": the characters that a label stands for, by their ASCII codes.
Classes read_mapping(const fs::path& path) {
  Classes classes;
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) {
    std::istringstream numbers(line);
    int label = 0;
    if (!(numbers >> label)) continue;
    std::string name;
    for (int code = 0; numbers >> code;) {
      if (code <= ' ' || code > '~') label = -1;
      if (!name.empty()) name += '/';
      name += static_cast<char>(code);
    }
    if (label < 0 || label > 255 || name.empty()) {
      throw Error(fmt::format("{}: '{}' is no label with characters' codes; get the file again",
                              path.string(), printable(line)));
    }
    classes.labels.push_back(static_cast<std::uint8_t>(label));
    classes.names.push_back(std::move(name));
  }
  if (classes.names.empty())
    throw Error(fmt::format("{} names no classes; get the file again", path.string()));
  return classes;
}

constexpr std::array<std::pair<std::string_view, std::array<std::string_view, 10>>, 2> kNamed{{
    {"fashion-mnist",
     {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
      "Ankle boot"}},
    {"kmnist", {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}},
}};

// Whether the labels of all parts are counted from 1.
bool begin_with_one(const IdxSet& set, const Idx& labels) {
  int smallest = std::ranges::min(labels.bytes);
  for (auto part = set.labels.begin(); smallest > 0 && part != set.labels.end(); ++part) {
    smallest = std::min<int>(smallest, std::ranges::min(read_labels(part->second).bytes));
  }
  return smallest == 1;
}

// As many as the training part needs, so that all parts agree.
Classes numbers(const IdxSet& set, const Idx& labels) {
  const auto train = set.labels.find(Split::train);
  const Idx naming = train == set.labels.end() ? labels : read_labels(train->second);
  const int largest = std::ranges::max(naming.bytes);
  Classes classes;
  const int first = begin_with_one(set, labels) ? 1 : 0;
  const int last = std::max(largest, first == 0 ? 9 : largest);
  for (int label = first; label <= last; ++label) {
    classes.labels.push_back(static_cast<std::uint8_t>(label));
    classes.names.push_back(std::to_string(label));
  }
  return classes;
}

Classes classes_of(const fs::path& folder, const IdxSet& set, const Idx& labels) {
  if (set.mapping) return read_mapping(*set.mapping);
  for (const auto& [name, names] : kNamed) {
    if (is_named(folder, name)) {
      return {.labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, .names = {names.begin(), names.end()}};
    }
  }
  return numbers(set, labels);
}

// Labels of the file become numbers from 0.
void count_from_zero(Idx& labels, const Classes& classes) {
  constexpr int kNone = -1;
  std::array<int, 256> numbers{};
  numbers.fill(kNone);
  for (std::size_t i = 0; i < classes.labels.size(); ++i) {
    numbers.at(classes.labels[i]) = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < labels.bytes.size(); ++i) {
    const int number = numbers.at(labels.bytes[i]);
    if (number == kNone) {
      throw Error(fmt::format(
          "{}: sample {} has label {}, but the classes are {} to {}; get the file again",
          labels.file, i, labels.bytes[i], classes.labels.front(), classes.labels.back()));
    }
    labels.bytes[i] = static_cast<std::uint8_t>(number);
  }
}

void exchange_rows_and_columns(Idx& images) {
  const std::size_t height = images.extents[1];
  const std::size_t width = images.extents[2];
  std::vector<std::uint8_t> upright(images.bytes.size());
  for (std::size_t i = 0; i < images.bytes.size(); ++i) {
    const std::size_t row = i / width % height;
    upright[i - i % (width * height) + i % width * height + row] = images.bytes[i];
  }
  images.bytes = std::move(upright);
  std::swap(images.extents[1], images.extents[2]);
}

const IdxSet& choose(const std::vector<IdxSet>& sets, std::string_view prefix,
                     const fs::path& folder) {
  if (prefix.empty() && sets.size() == 1) return sets.front();
  const auto found = std::ranges::find(sets, prefix, &IdxSet::prefix);
  if (found != sets.end()) return *found;
  std::vector<std::string> names;
  names.reserve(sets.size());
  for (const IdxSet& set : sets) {
    names.push_back(set.prefix.empty() ? folder.string() : folder.string() + ":" + set.prefix);
  }
  throw Error(fmt::format("{} holds {}; give one as {}", folder.string(),
                          prefix.empty() ? "several sets" : fmt::format("no set '{}'", prefix),
                          fmt::join(names, ", ")));
}

// The file of `wanted` in `files`; where it is missing, its name follows from the other's.
const fs::path& require(const std::map<Split, fs::path>& files,
                        const std::map<Split, fs::path>& others, Split split,
                        const std::pair<std::string_view, std::string_view>& wanted,
                        const std::pair<std::string_view, std::string_view>& there) {
  const auto found = files.find(split);
  if (found != files.end()) return found->second;
  const fs::path& other = others.at(split);
  std::string name = other.filename().string();
  for (const auto& [from, to] :
       {std::pair(there.first, wanted.first), std::pair(there.second, wanted.second)}) {
    const std::size_t place = name.find(from);
    if (place != std::string::npos) name.replace(place, from.size(), to);
  }
  throw Error(fmt::format("{} has no {}, though {} is there", other.parent_path().string(), name,
                          other.filename().string()),
              ErrorKind::not_found);
}

}  // namespace

bool is_idx_folder(const fs::path& folder) {
  return !find_idx_sets(folder).empty();
}

std::vector<Split> idx_splits(const fs::path& folder, std::string_view prefix) {
  const std::vector<IdxSet> sets = find_idx_sets(folder);
  const IdxSet& set = choose(sets, prefix, folder);
  std::vector<Split> splits;
  std::ranges::copy_if(kSplits, std::back_inserter(splits), [&](Split split) {
    return set.images.contains(split) || set.labels.contains(split);
  });
  return splits;
}

DatasetPtr open_idx(const fs::path& folder, Split split, std::string_view prefix) {
  const std::vector<IdxSet> sets = find_idx_sets(folder);
  const IdxSet& set = choose(sets, prefix, folder);
  if (!set.images.contains(split) && !set.labels.contains(split)) return nullptr;
  constexpr std::pair<std::string_view, std::string_view> kImages{"images", "idx3"};
  constexpr std::pair<std::string_view, std::string_view> kLabels{"labels", "idx1"};
  Idx images = read_idx(require(set.images, set.labels, split, kImages, kLabels), kImagesMagic);
  Idx labels = read_labels(require(set.labels, set.images, split, kLabels, kImages));
  if (images.extents[0] != labels.extents[0]) {
    throw Error(fmt::format("{} has {} images, but {} has {} labels; get both files again",
                            images.file, images.extents[0], labels.file, labels.extents[0]));
  }
  Classes classes = classes_of(folder, set, labels);
  count_from_zero(labels, classes);
  if (set.prefix.starts_with("emnist")) exchange_rows_and_columns(images);
  return std::make_shared<MemoryDataset>(
      MemoryDataset::Content{.height = static_cast<int>(images.extents[1]),
                             .width = static_cast<int>(images.extents[2]),
                             .channels = 1,
                             .pixels = std::move(images.bytes),
                             .labels = std::move(labels.bytes),
                             .classes = std::move(classes.names),
                             .left_out = files_beside_idx(folder, sets, set)});
}

}  // namespace alexnet
