#pragma once

#include <string_view>

namespace alexnet::cli {

/// A line on stderr. That it cannot be written is no reason to stop.
void print_message(std::string_view line);

/// The same, but nothing where it is empty.
void print_note(std::string_view line);

/// "alexnet: " and the line, as an error is told.
void print_error(std::string_view line);

/// From now on this process prints errors alone: another says the rest.
void print_errors_only();

}  // namespace alexnet::cli
