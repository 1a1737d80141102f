#pragma once

#include <alexnet/dataset.h>
#include <alexnet/engine.h>
#include <alexnet/size.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/range.h"

/// What the commands' options have in common.
namespace alexnet::cli {

/// Accepts whole numbers from low to high, and says so in the help; also what 0 stands for, where
/// that is given.
CLI::Option* whole_number(CLI::Option* option, std::int64_t low, std::int64_t high,
                          std::string_view zero = "");
/// Accepts numbers from low to high.
CLI::Option* number(CLI::Option* option, double low, double high);
/// Accepts these words.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);
/// The words that an option accepts; none where it accepts others too.
std::vector<std::string> words_of(CLI::Option& option);

/// A value of an enumeration, by its name; the value there is the default.
template <NamedEnum Enum>
CLI::Option* enum_option(CLI::App& command, const std::string& name, Enum& value,
                         const std::string& help) {
  const auto set = [&value](const std::string& text) { value = parse<Enum>(text); };
  const auto& names = EnumNames<Enum>::kNames;
  return one_of(command.add_option_function<std::string>(name, set, help),
                {names.begin(), names.end()})
      ->default_str(std::string(to_string(value)));
}

/// A network by its name.
void add_network_name_option(CLI::App& command, std::string& model);
/// A side or, as 160x240, height and width, each from low to high.
CLI::Option* add_size_option(CLI::App& command, const std::string& name,
                             const std::function<void(Size)>& set, const std::string& help,
                             const Range& range);
/// Height and width of a network's input; 0: `zero`.
void add_image_size_option(CLI::App& command, Size& image_size, std::string_view zero,
                           const std::string& names = "--image-size");
/// The engine, by its name.
CLI::Option* add_engine_option(CLI::App& command, std::string& engine);
void add_precision_option(CLI::App& command, Precision& chosen);
/// 1, or 10 for ten-crop testing.
void add_crops_option(CLI::App& command, int& crops);
void add_bad_image_option(CLI::App& command, OnBadImage& chosen);
/// A part of the data: train, val or test. `otherwise`: which one without it.
CLI::Option* add_split_option(CLI::App& command, std::optional<Split>& split,
                              const std::string& otherwise);
void add_threads_option(CLI::App& command, int& threads);
void add_json_flag(CLI::App& command, bool& json);

}  // namespace alexnet::cli
