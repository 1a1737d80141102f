#include "data/sets/split.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "data/files/file_names.h"

namespace alexnet {
namespace {

constexpr std::array<std::pair<std::string_view, Split>, 13> kWords{{
    {"train", Split::train},
    {"training", Split::train},
    {"trn", Split::train},
    {"trainval", Split::train},
    {"val", Split::validation},
    {"valid", Split::validation},
    {"validate", Split::validation},
    {"validation", Split::validation},
    {"dev", Split::validation},
    {"devel", Split::validation},
    {"test", Split::test},
    {"testing", Split::test},
    {"tst", Split::test},
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

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The unit of a number is none: "1k".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  char before = ' ';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool ends = i + 1 == name.size() || !is_letter(name[i + 1]);
    if (is_letter(c) && !(is_digit(before) && ends)) {
      if (!is_letter(before) || (is_small(before) && is_capital(c))) words.emplace_back();
      words.back() += c;
    }
    before = c;
  }
  std::ranges::transform(words, words.begin(), lowered);
  return words;
}

std::optional<Split> split_of_word(std::string_view word) {
  const auto found = std::ranges::find(kWords, word, &std::pair<std::string_view, Split>::first);
  return found == kWords.end() ? std::nullopt : std::optional(found->second);
}

bool is_unclear_word(std::string_view word) {
  return std::ranges::count(kUnclearWords, word) > 0;
}

// "testdata" is "test data"; where no part's word is left, the whole word.
std::string_view without_empty_end(std::string_view word) {
  for (const std::string_view empty : kEmptyWords) {
    if (!word.ends_with(empty)) continue;
    const std::string_view begin = word.substr(0, word.size() - empty.size());
    if (split_of_word(begin) || is_unclear_word(begin)) return begin;
  }
  return word;
}

void add_word(std::string_view whole, PartName& name) {
  const std::string_view word = without_empty_end(whole);
  if (const auto split = split_of_word(word)) {
    if (std::ranges::count(name.splits, *split) == 0) name.splits.push_back(*split);
    if (name.word.empty()) name.word = word;
  } else if (is_unclear_word(word)) {
    name.is_unclear = true;
  } else if (std::ranges::count(kEmptyWords, word) == 0) {
    name.rest += fmt::format("{}{}", name.rest.empty() ? "" : " ", word);
  }
}

// What follows a part's word within a word that is none: "birds" of "trainbirds" and "testbirds".
// Of people and deeds ("trainer", "tested") nothing follows.
std::optional<std::pair<Split, std::string>> glued_end(const std::string& word) {
  const std::string_view known = without_empty_end(word);
  if (split_of_word(known) || is_unclear_word(known)) return std::nullopt;
  constexpr std::array<std::string_view, 7> kEndings{"", "ed", "ee", "ees", "er", "ers", "s"};
  for (const auto& [begin, split] : kWords) {
    if (!word.starts_with(begin)) continue;
    const std::string end = word.substr(begin.size());
    if (std::ranges::count(kEndings, end) == 0) return std::pair(split, end);
  }
  return std::nullopt;
}

}  // namespace

PartName read_part_name(std::string_view name) {
  PartName result;
  for (const std::string& word : words_of(name)) add_word(word, result);
  return result;
}

void refuse_glued_parts(const std::filesystem::path& root, const std::vector<std::string>& names) {
  std::map<std::string, std::pair<Split, std::string>> by_end;
  for (const std::string& name : names) {
    for (const std::string& word : words_of(name)) {
      const auto glued = glued_end(word);
      if (!glued) continue;
      const auto& [split, end] = *glued;
      const auto [place, is_new] = by_end.try_emplace(end, split, name);
      if (is_new || place->second.first == split) continue;
      throw Error(fmt::format(
          "{} and {} look like parts of one set, but which word of their names ends where is not "
          "clear; write the part as a word of its own, as in {}-{}, or rename them if they are "
          "none",
          (root / place->second.second).string(), (root / name).string(), split_name(split), end));
    }
  }
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
