#pragma once

#include <string>

namespace alexnet::cli {

/// How the program ends by an exception.
struct Failure {
  int code = 0;  ///< of exit
  std::string sentence;
};

/// Of the exception that is being handled. Ends the process where nobody reads its output.
Failure current_failure();

}  // namespace alexnet::cli
