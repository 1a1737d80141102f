#pragma once

#include <alexnet/engine.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

/// What the commands' options have in common.
namespace alexnet::cli {

/// As an upper bound: none that anyone meets.
inline constexpr int kUnlimited = 1'000'000'000;

/// Accepts whole numbers from low to high, and says so in the help.
CLI::Option* whole_number(CLI::Option* option, std::int64_t low, std::int64_t high);
/// Accepts numbers from low to high.
CLI::Option* number(CLI::Option* option, double low, double high);
/// Accepts these words.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

/// A network by its name.
void add_network_name_option(CLI::App& command, std::string& model);
/// Height and width of a network's input; 0 is its own.
void add_image_size_option(CLI::App& command, int& image_size);
void add_precision_option(CLI::App& command, Precision& chosen);
/// 1, or 10 for ten-crop testing.
void add_crops_option(CLI::App& command, int& crops);
void add_threads_option(CLI::App& command, int& threads);
void add_json_flag(CLI::App& command, bool& json);

/// Help as "--epochs N   passes over the training set, 1 to 10000 [3]".
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace alexnet::cli
