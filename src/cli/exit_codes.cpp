#include "cli/exit_codes.h"

namespace alexnet::cli {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return kBadInput;
    case ErrorKind::not_found:
      return kNotFound;
    case ErrorKind::unsupported:
      return kUnsupported;
    case ErrorKind::io:
      return kIo;
    case ErrorKind::internal:
      break;
  }
  return kInternal;
}

}  // namespace alexnet::cli
