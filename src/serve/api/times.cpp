#include "serve/api/times.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace alexnet::serve {
namespace {

double to_milliseconds(double seconds) {
  return std::round(1e6 * seconds) / 1e3;
}

}  // namespace

nlohmann::json to_milliseconds(const Times& times) {
  return {{"decode", to_milliseconds(times.decode)},
          {"queue", to_milliseconds(times.queue)},
          {"compute", to_milliseconds(times.compute)}};
}

}  // namespace alexnet::serve
