#include "data/shards/labels.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "core/json.h"
#include "core/printable.h"
#include "core/unicode.h"
#include "data/files/file_names.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kLabelExtensions> kExtensions{".cls", ".class", ".json",
                                                                     ".txt"};
constexpr std::array kLabelKeys{"label",    "cls",         "class",      "target",
                                "class_id", "class_index", "class_name", "label_name"};
constexpr std::int64_t kMostClasses = 1'000'000;

class LabelReader {
 public:
  LabelReader(const RandomAccessFile& file, const TarMember& member, const LabelNames& names)
      : file_(file), member_(member), names_(names) {}

  std::int32_t read_text() const {
    constexpr std::uint64_t kLongest = 1024;
    const std::string text = content(kLongest);
    const std::string_view value = trimmed(text);
    if (member_.size <= kLongest) {
      if (const auto number = parse_number(value)) return checked(*number);
      if (const auto label = names_.find(value)) return *label;
    }
    refuse(value);
  }

  std::optional<std::int32_t> read_json() const {
    constexpr std::uint64_t kLongest = 1 << 20;
    constexpr std::size_t kMostValues = 100'000;
    if (member_.size > kLongest) return std::nullopt;
    const json object = parse_json(content(kLongest), place(), kMostValues);
    if (!object.is_object()) return std::nullopt;
    for (const char* key : kLabelKeys) {
      const auto found = object.find(key);
      const auto number = found != object.end() ? whole_number(*found) : std::nullopt;
      if (!number) continue;
      refuse_other_name(object, *number);
      return checked(*number);
    }
    return read_name(object);
  }

 private:
  std::string place() const { return fmt::format("{}: {}", file_.path().string(), member_.name); }

  [[noreturn]] void refuse(std::string_view value) const {
    throw Error(fmt::format(
        "{} holds '{}', which is no class number{}", place(), printable(value),
        names_.empty() ? " (for names, list the classes in classes.txt beside the archives)"
                       : " and not the name of one class of classes.txt"));
  }

  std::string content(std::uint64_t most) const {
    std::string text(std::min(member_.size, most), '\0');
    file_.read(member_.offset, std::as_writable_bytes(std::span(text)));
    return text;
  }

  static std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
  }

  static std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  // Some programs write all numbers as 3.0.
  static std::optional<std::int64_t> whole_number(const json& value) {
    constexpr double kMost = 1e15;
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    const auto number = value.get<double>();
    if (std::trunc(number) != number || std::abs(number) > kMost) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }

  void refuse_other_name(const json& object, std::int64_t number) const {
    for (const char* key : kLabelKeys) {
      const auto found = object.find(key);
      if (found == object.end() || !found->is_string()) continue;
      const auto& text = found->get_ref<const std::string&>();
      const auto label = parse_number(text) ? std::nullopt : names_.find(text);
      if (!label || *label == number) continue;
      throw Error(
          fmt::format("{} holds class {} and '{}', which is class {} in classes.txt; mend one of "
                      "them",
                      place(), number, printable(text), *label));
    }
  }

  std::int32_t checked(std::int64_t number) const {
    if (number < 0) refuse(std::to_string(number));
    if (number >= kMostClasses) {
      throw Error(fmt::format("{} holds class {}; there may be {} classes at most", place(), number,
                              kMostClasses));
    }
    return static_cast<std::int32_t>(number);
  }

  std::optional<std::int32_t> read_name(const json& object) const {
    const std::string* first = nullptr;
    for (const char* key : kLabelKeys) {
      const auto found = object.find(key);
      if (found == object.end() || !found->is_string()) continue;
      const auto& text = found->get_ref<const std::string&>();
      if (const auto number = parse_number(text)) return checked(*number);
      if (const auto label = names_.find(text)) return label;
      if (first == nullptr) first = &text;
    }
    if (first != nullptr) refuse(*first);
    return std::nullopt;
  }

  const RandomAccessFile& file_;
  const TarMember& member_;
  const LabelNames& names_;
};

}  // namespace

LabelNames::LabelNames(const std::vector<std::string>& classes) {
  const std::string all = fmt::format("{}\n", fmt::join(classes, "\n"));
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  digest_ = fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto [place, is_new] =
        labels_.try_emplace(compose(classes[i]), static_cast<std::int32_t>(i));
    if (!is_new) place->second.reset();
  }
}

std::optional<std::int32_t> LabelNames::find(std::string_view name) const {
  const auto found = labels_.find(compose(as_utf8(name)));
  return found == labels_.end() ? std::nullopt : found->second;
}

std::optional<std::size_t> label_extension_rank(std::string_view extension) {
  const auto found = std::ranges::find(kExtensions, lowered(std::string(extension)));
  if (found == kExtensions.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kExtensions.begin());
}

std::optional<std::int32_t> read_label(const RandomAccessFile& file, const TarMember& member,
                                       const LabelNames& names) {
  const LabelReader reader(file, member, names);
  return lowered(member.name).ends_with(".json") ? reader.read_json() : reader.read_text();
}

}  // namespace alexnet
