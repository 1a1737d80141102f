#pragma once

#include <alexnet/enum_names.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

/// Whose fault it is. The program turns it into an exit code (1, 3, 4, 5, 6 in this order), the
/// server into an HTTP status.
enum class ErrorKind {
  bad_input,    ///< a value, file or image is wrong
  not_found,    ///< what is named does not exist
  unsupported,  ///< it is right, but this version or machine cannot do it
  io,           ///< reading or writing failed: permissions, a full disk, a lost connection
  internal,     ///< a fault of this library
};

template <>
struct EnumNames<ErrorKind> {
  static constexpr std::string_view kNoun = "kind of error";
  static constexpr std::array<std::string_view, 5> kNames{"bad_input", "not_found", "unsupported",
                                                          "io", "internal"};
};

/// The one exception type of the library: a sentence saying what is wrong, where, and what to do.
/// Messages are complete and meant for the user; they need no further wrapping.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& sentence, ErrorKind kind = ErrorKind::bad_input)
      : std::runtime_error(sentence), kind_(kind) {}

  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace alexnet
#pragma GCC visibility pop
