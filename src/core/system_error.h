#pragma once

#include <alexnet/error.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace alexnet {

/// not_found where a file or folder is missing, bad_input where one stands in the other's place,
/// unsupported where a limit of the process or machine is reached, else io.
ErrorKind kind_of(const std::error_code& code);

/// The system's text, and what to do about a limit that is reached.
std::string message_of(const std::error_code& code);

/// errno as it stands.
inline std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// "WHAT: Permission denied", of the code's kind.
Error system_error(std::string_view what, const std::error_code& code);

}  // namespace alexnet
