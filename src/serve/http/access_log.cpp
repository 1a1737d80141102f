#include "serve/http/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace alexnet::serve {

std::string access_line(const HttpRequest& request, const HttpResponse& response) {
  const auto now = std::chrono::system_clock::now();
  const std::chrono::duration<double, std::milli> time = Clock::now() - request.received;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto millisecond =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - second).count();
  constexpr std::size_t kLongest = 200;
  nlohmann::ordered_json line{
      {"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(second), millisecond)},
      {"id", request.id},
      {"client", request.client},
      {"method", request.method},
      {"target", request.target.substr(0, kLongest)},
      {"status", response.status},
      {"bytes_in", request.body.size()},
      {"bytes_out", response.body.size()},
      {"ms", std::round(time.count() * 1000.0) / 1000.0}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace alexnet::serve
