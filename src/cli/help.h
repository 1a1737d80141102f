#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace alexnet::cli {

/// Help in lines of at most `columns`, an option as "--epochs N   passes over the training set, 1
/// to 100000 [3]": what it does, its range or its names, in brackets its default.
std::shared_ptr<CLI::FormatterBase> help_formatter(std::size_t columns);

/// "-h", "--help"; "--flip", "--no-flip"
std::vector<std::string> option_names(const CLI::Option& option);

/// Whether help and completion leave the command out.
bool is_hidden(const CLI::App& command);

/// What suits the terminal, and at most 100.
std::size_t help_columns();

}  // namespace alexnet::cli
