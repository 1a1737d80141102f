#include "core/system_error.h"

#include <fmt/format.h>

namespace alexnet {

ErrorKind kind_of(const std::error_code& code) {
  if (code == std::errc::no_such_file_or_directory) return ErrorKind::not_found;
  const bool other_type = code == std::errc::not_a_directory || code == std::errc::is_a_directory ||
                          code == std::errc::file_exists;
  if (other_type) return ErrorKind::bad_input;
  const bool limit =
      code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system ||
      code == std::errc::not_enough_memory || code == std::errc::resource_unavailable_try_again;
  return limit ? ErrorKind::unsupported : ErrorKind::io;
}

std::string message_of(const std::error_code& code) {
  if (code == std::errc::too_many_files_open) {
    return fmt::format("{}; raise the limit (ulimit -n)", code.message());
  }
  if (code == std::errc::not_enough_memory) {
    return fmt::format("{}; free some, or raise the limit (ulimit -v)", code.message());
  }
  return code.message();
}

Error system_error(std::string_view what, const std::error_code& code) {
  return Error(fmt::format("{}: {}", what, message_of(code)), kind_of(code));
}

}  // namespace alexnet
