#pragma once

#include <string>

namespace alexnet::cli {

/// That DATA is a known set's name and also that of a folder here; empty where it is not both.
/// Throws Error when there is no such data.
std::string known_set_note(const std::string& data);

/// On stderr, where there is one.
void print_known_set_note(const std::string& data);

}  // namespace alexnet::cli
