#include "serve/problem.h"

#include <array>
#include <nlohmann/json.hpp>

#include "formats/json.h"

namespace alexnet::serve {

void check_patience(const Patience& patience) {
  if (patience.over(Clock::now())) {
    throw Problem(504, "the deadline passed before the request could be read");
  }
}

Problem busy(const std::string& detail) {
  return Problem(503, detail, {{"Retry-After", "1"}});
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 14> kPhrases{
      {{200, "OK"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {408, "Request Timeout"},
       {413, "Content Too Large"},
       {415, "Unsupported Media Type"},
       {417, "Expectation Failed"},
       {422, "Unprocessable Content"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}}};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Unknown";
}

HttpResponse to_response(const Problem& problem) {
  return {.status = problem.status(),
          .content_type = "application/problem+json",
          .headers = problem.headers(),
          .body = to_text({{"type", "about:blank"},
                           {"title", reason_phrase(problem.status())},
                           {"status", problem.status()},
                           {"detail", problem.what()},
                           {"error", problem.what()}})};
}

}  // namespace alexnet::serve
