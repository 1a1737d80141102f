#pragma once

#include <stdexcept>

namespace alexnet {

/// The one exception type of the library: a sentence saying what is wrong, where, and what to do.
/// Messages are complete and meant for the user; they need no further wrapping.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace alexnet
