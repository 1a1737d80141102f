#include "data/idx.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/gzip_file.h"
#include "data/memory_dataset.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x0803;  // unsigned bytes, three dimensions
constexpr std::uint32_t kLabelsMagic = 0x0801;  // unsigned bytes, one dimension
constexpr std::uint32_t kMaxSide = 4096;

struct Idx {
  std::string file;
  std::vector<std::uint32_t> extents;
  std::vector<std::uint8_t> bytes;
};

std::optional<fs::path> find_plain_or_gzip(const fs::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    if (fs::exists(folder / candidate)) return folder / candidate;
  }
  return std::nullopt;
}

fs::path require(const fs::path& folder, const std::string& name) {
  if (auto path = find_plain_or_gzip(folder, name)) return *path;
  throw Error(fmt::format("{} has no {} (nor {}.gz)", folder.string(), name, name));
}

std::string split_name(Split split) {
  return split == Split::train ? "train" : "t10k";
}
std::string images_name(Split split) {
  return split_name(split) + "-images-idx3-ubyte";
}
std::string labels_name(Split split) {
  return split_name(split) + "-labels-idx1-ubyte";
}

std::uint32_t read_word(GzipFile& stream, const std::string& file) {
  const std::vector<std::uint8_t> bytes = stream.read(4);
  if (bytes.size() < 4) throw Error(fmt::format("{} ends within its IDX header", file));
  std::uint32_t word = 0;
  for (const std::uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

Idx read_idx(const fs::path& path, std::uint32_t magic) {
  GzipFile stream(path);
  Idx idx{.file = path.string(), .extents = {}, .bytes = {}};
  if (const std::uint32_t found = read_word(stream, idx.file); found != magic) {
    throw Error(
        fmt::format("{} is not the IDX file it should be: it begins with {:#010x}, not {:#010x}",
                    idx.file, found, magic));
  }
  const std::uint32_t dimensions = magic & 0xFF;
  std::uint64_t expected = 1;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    const std::uint32_t extent = read_word(stream, idx.file);
    if (extent == 0 || (d > 0 && extent > kMaxSide)) {
      throw Error(fmt::format("{}: dimension {} of its IDX header is {}; the file is damaged",
                              idx.file, d, extent));
    }
    idx.extents.push_back(extent);
    expected *= extent;
  }
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

bool is_named(const fs::path& folder, std::string_view name) {
  const fs::path given = folder.has_filename() ? folder : folder.parent_path();
  return given.filename() == name || fs::canonical(folder).filename() == name;
}

std::vector<std::string> class_names(const fs::path& folder, const Idx& labels) {
  if (is_named(folder, "fashion-mnist")) {
    return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  }
  std::vector<std::string> names(std::max<std::size_t>(10, 1U + std::ranges::max(labels.bytes)));
  for (std::size_t label = 0; label < names.size(); ++label) names[label] = std::to_string(label);
  return names;
}

// The labels that fix the number of classes: the training set's, so that all splits agree.
Idx naming_labels(const fs::path& folder, const Idx& labels) {
  const auto train = find_plain_or_gzip(folder, labels_name(Split::train));
  return train ? read_idx(*train, kLabelsMagic) : labels;
}

}  // namespace

bool is_idx_folder(const fs::path& folder) {
  return find_plain_or_gzip(folder, images_name(Split::train)) ||
         find_plain_or_gzip(folder, images_name(Split::test));
}

std::vector<Split> idx_splits(const fs::path& folder) {
  std::vector<Split> splits;
  for (const Split split : {Split::train, Split::test}) {
    if (find_plain_or_gzip(folder, images_name(split)) ||
        find_plain_or_gzip(folder, labels_name(split))) {
      splits.push_back(split);
    }
  }
  return splits;
}

DatasetPtr open_idx(const fs::path& folder, Split split) {
  if (split == Split::validation) return nullptr;
  Idx images = read_idx(require(folder, images_name(split)), kImagesMagic);
  Idx labels = read_idx(require(folder, labels_name(split)), kLabelsMagic);
  if (images.extents[0] != labels.extents[0]) {
    throw Error(fmt::format("{} has {} images, but {} has {} labels", images.file,
                            images.extents[0], labels.file, labels.extents[0]));
  }
  std::vector<std::string> classes = class_names(folder, naming_labels(folder, labels));
  check_labels(labels.bytes, classes.size(), labels.file);
  return std::make_shared<MemoryDataset>(
      MemoryDataset::Content{.height = static_cast<int>(images.extents[1]),
                             .width = static_cast<int>(images.extents[2]),
                             .channels = 1,
                             .pixels = std::move(images.bytes),
                             .labels = std::move(labels.bytes),
                             .classes = std::move(classes)});
}

}  // namespace alexnet
