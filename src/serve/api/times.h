#pragma once

#include <nlohmann/json_fwd.hpp>

namespace alexnet::serve {

/// Where the time of a request was spent, in seconds.
struct Times {
  double decode = 0;
  double queue = 0;
  double compute = 0;
};

/// As responses tell it: milliseconds, rounded to microseconds.
nlohmann::json to_milliseconds(const Times& times);

}  // namespace alexnet::serve
