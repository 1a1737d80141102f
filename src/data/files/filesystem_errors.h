#pragma once

#include <alexnet/error.h>

#include <filesystem>
#include <string_view>

namespace alexnet {

/// A sentence for people: which file, and why. `place` stands in where the error names none.
Error plain_error(const std::filesystem::filesystem_error& error, std::string_view place);

/// What `work` gives; a filesystem_error that it throws becomes an Error.
template <typename Work>
auto with_plain_errors(std::string_view place, const Work& work) {
  try {
    return work();
  } catch (const std::filesystem::filesystem_error& error) {
    throw plain_error(error, place);
  }
}

}  // namespace alexnet
