#include "data/sets/split.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "data/files/file_names.h"

namespace alexnet {
namespace {

constexpr std::array<std::pair<std::string_view, Split>, 14> kWords{{
    {"train", Split::train},
    {"training", Split::train},
    {"trn", Split::train},
    {"trainset", Split::train},
    {"trainval", Split::train},
    {"val", Split::validation},
    {"valid", Split::validation},
    {"validation", Split::validation},
    {"dev", Split::validation},
    {"valset", Split::validation},
    {"test", Split::test},
    {"testing", Split::test},
    {"tst", Split::test},
    {"testset", Split::test},
}};

constexpr std::array<std::string_view, 4> kUnclearWords{"eval", "evaluation", "holdout", "heldout"};

// Of any data.
constexpr std::array<std::string_view, 14> kEmptyWords{
    "data", "dataset", "folder", "gz",  "image", "images", "img",
    "imgs", "jpeg",    "jpg",    "png", "set",   "split",  "tar"};

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
// Bytes of UTF-8's longer characters are taken for letters.
bool is_letter(char c) {
  return is_small(c) || is_capital(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  char before = ' ';
  for (const char c : name) {
    if (is_letter(c)) {
      if (!is_letter(before) || (is_small(before) && is_capital(c))) words.emplace_back();
      words.back() += c;
    }
    before = c;
  }
  std::ranges::transform(words, words.begin(), lowered);
  return words;
}

}  // namespace

PartName read_part_name(std::string_view name) {
  PartName result;
  for (const std::string& word : words_of(name)) {
    const auto part = std::ranges::find(kWords, word, &std::pair<std::string_view, Split>::first);
    if (part != kWords.end()) {
      if (std::ranges::count(result.splits, part->second) == 0) {
        result.splits.push_back(part->second);
      }
    } else if (std::ranges::count(kUnclearWords, word) > 0) {
      result.is_unclear = true;
    } else if (std::ranges::count(kEmptyWords, word) == 0) {
      result.rest += (result.rest.empty() ? "" : " ") + word;
    }
  }
  return result;
}

std::optional<Split> part_of_name(std::string_view name) {
  const PartName read = read_part_name(name);
  if (read.splits.size() > 1) {
    throw Error(fmt::format("'{}' names two parts, {} and {}; rename it to the one that it is",
                            name, split_name(read.splits[0]), split_name(read.splits[1])));
  }
  if (read.is_unclear) {
    throw Error(fmt::format(
        "'{}' may stand for validation or for test images; rename it to val or test", name));
  }
  if (read.splits.empty()) return std::nullopt;
  return read.splits.front();
}

std::vector<DatasetParts::Part> parts_in_one_place(const std::vector<Split>& splits,
                                                   std::string_view place) {
  std::vector<DatasetParts::Part> parts;
  parts.reserve(splits.size());
  for (const Split split : splits) parts.push_back({split, std::string(place)});
  return parts;
}

std::optional<Split> part_of_folder(const std::filesystem::path& folder) {
  std::error_code absent;
  const std::string name = std::filesystem::weakly_canonical(folder, absent).filename();
  const PartName read = read_part_name(name);
  if (!read.is_plain()) return std::nullopt;
  if (read.is_unclear && read.splits.empty()) return Split::validation;
  return part_of_name(name);
}

}  // namespace alexnet
