#pragma once

#include <string_view>

namespace alexnet::cli {

/// A line on stderr. That it cannot be written is no reason to stop.
void print_message(std::string_view line);

/// The same, but nothing where it is empty.
void print_note(std::string_view line);

/// "alexnet: " and the line, as an error is told.
void print_error(std::string_view line);

}  // namespace alexnet::cli
