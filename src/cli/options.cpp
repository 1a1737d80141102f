#include "cli/options.h"

#include <alexnet/networks.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <type_traits>

#include "core/size.h"
#include "data/sets/split.h"

namespace alexnet::cli {
namespace {

std::string_view shown(std::string_view text) {
  return text.empty() ? "''" : text;
}

template <class Number>
CLI::Option* ranged(CLI::Option* option, Number low, Number high, std::string_view kind) {
  const std::string range = Range{static_cast<double>(low), static_cast<double>(high)}.text();
  option->check([=](const std::string& text) -> std::string {
    Number value{};
    errno = 0;  // numbers beyond a type's end would become the last one
    const bool fits = CLI::detail::lexical_cast(text, value) && errno != ERANGE;
    if (fits && value >= low && value <= high) return "";
    if (std::is_integral_v<Number> && errno == ERANGE && !text.starts_with('-')) {
      return fmt::format("{} is too large, the largest is {}", text, high);
    }
    return fmt::format("{} is not a {}, {}", shown(text), kind, range);
  });
  option->type_name("N");
  return option->description(fmt::format("{}, {}", option->get_description(), range));
}

}  // namespace

CLI::Option* whole_number(CLI::Option* option, std::int64_t low, std::int64_t high,
                          std::string_view zero) {
  ranged(option, low, high, "whole number");
  if (zero.empty()) return option;
  return option->description(fmt::format("{} (0: {})", option->get_description(), zero));
}

CLI::Option* number(CLI::Option* option, double low, double high) {
  return ranged(option, low, high, "number");
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::ranges::find(words, text) != words.end()) return "";
    return fmt::format("{} is not one of {}", shown(text), fmt::join(words, ", "));
  };
  option->check(CLI::Validator(check, "", fmt::format("{}", fmt::join(words, ","))));
  option->type_name("NAME");
  return option->description(
      fmt::format("{}: {}", option->get_description(), fmt::join(words, ", ")));
}

// The name of the check, as one_of gives it.
std::vector<std::string> words_of(CLI::Option& option) {
  try {
    const std::string& words = option.get_validator(0)->get_name();
    if (!words.empty()) return CLI::detail::split(words, ',');
  } catch (const CLI::OptionNotFound&) {  // it has no check
  }
  return {};
}

void add_network_name_option(CLI::App& command, std::string& model) {
  const std::vector<std::string> networks(network_names().begin(), network_names().end());
  one_of(command.add_option("--model", model, "network"), networks)->capture_default_str();
}

CLI::Option* add_size_option(CLI::App& command, const std::string& name,
                             const std::function<void(Size)>& set, const std::string& help,
                             const Range& range) {
  const auto parse = [set](const std::string& text) { set(parse_size(text).value()); };
  const auto is_in_range = [range](Size size) {
    const auto& [height, width] = size;
    if (size == Size()) return range.low <= 0;
    return std::min(height, width) >= std::max(range.low, 1.0) &&
           std::max(height, width) <= range.high;
  };
  const auto check = [=](const std::string& text) -> std::string {
    const std::optional<Size> size = parse_size(text);
    if (size && is_in_range(*size)) return "";
    return fmt::format("{} is neither a whole number, {}, nor a height and a width, as 160x240",
                       text, range.text());
  };
  return command
      .add_option_function<std::string>(name, parse, fmt::format("{}, {}", help, range.text()))
      ->check(check)
      ->type_name("N");
}

void add_image_size_option(CLI::App& command, Size& image_size, std::string_view zero,
                           const std::string& names) {
  constexpr Range kRange{0, 4096};
  CLI::Option* option = add_size_option(
      command, names, [&image_size](Size size) { image_size = size; },
      "side of the input, or height and width as 160x240", kRange);
  option->description(fmt::format("{} (0: {})", option->get_description(), zero))
      ->default_str(to_string(image_size));
}

CLI::Option* add_engine_option(CLI::App& command, std::string& engine) {
  return one_of(command.add_option("--engine", engine, "engine that computes"), engine_names())
      ->capture_default_str();
}

void add_precision_option(CLI::App& command, Precision& chosen) {
  enum_option(command, "--precision", chosen, "how weights are stored");
}

void add_crops_option(CLI::App& command, int& crops) {
  const auto set = [&crops](const std::string& number) { crops = std::stoi(number); };
  one_of(command.add_option_function<std::string>(
             "--crops", set, "crops of an image whose probabilities are averaged"),
         {"1", "10"})
      ->default_str(std::to_string(crops))
      ->type_name("N");
}

void add_bad_image_option(CLI::App& command, OnBadImage& chosen) {
  enum_option(command, "--on-bad-image", chosen, "at an image that cannot be decoded");
}

CLI::Option* add_split_option(CLI::App& command, std::optional<Split>& split,
                              const std::string& otherwise) {
  std::vector<std::string> names(kSplits.size());
  std::ranges::transform(kSplits, names.begin(), split_name);
  const auto set = [&split](const std::string& text) {
    split = *std::ranges::find(kSplits, text, [](Split part) { return split_name(part); });
  };
  return one_of(command.add_option_function<std::string>("--split", set, "part of the data"), names)
      ->default_str(otherwise);
}

void add_threads_option(CLI::App& command, int& threads) {
  constexpr int kMost = 1024;
  whole_number(command.add_option("--threads", threads, "threads"), 0, kMost, "one a processor")
      ->capture_default_str();
}

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print one JSON object");
}

}  // namespace alexnet::cli
