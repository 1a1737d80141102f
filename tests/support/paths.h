#pragma once

#include <filesystem>

/// Where the tests' files and the program are. Compiled in one place, so that no other object
/// depends on the folder that it was built in, and a compiler cache serves every clone.
namespace alexnet {

std::filesystem::path tests_folder();
std::filesystem::path program_path();

}  // namespace alexnet
