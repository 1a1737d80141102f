#include "serve/http/problem.h"

#include <fmt/format.h>

#include <array>
#include <new>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace alexnet::serve {
namespace {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return 400;
    case ErrorKind::not_found:
      return 404;
    // 501 and not 415, which blames the format of the body: the library also says so of a model
    // that cannot do what is asked. Where the body is to blame, the code that reads it throws a
    // Problem.
    case ErrorKind::unsupported:
      return 501;
    // 503 would promise that it passes, and make clients try again.
    case ErrorKind::io:
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

}  // namespace

void throw_if_cancelled(const Cancellation& cancellation) {
  if (cancellation.requested(Clock::now())) {
    throw Problem(504, "the deadline passed before the request could be read");
  }
}

Problem unavailable(const std::string& detail) {
  return Problem(503, detail, {{"Retry-After", "1"}});
}

Problem body_too_large(std::size_t limit) {
  return {413, fmt::format("the request's body is larger than the limit of {} bytes", limit)};
}

Problem bodies_too_large() {
  return unavailable("the requests in progress use all memory that they may; try again");
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 17> kPhrases{
      {{200, "OK"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {408, "Request Timeout"},
       {409, "Conflict"},
       {413, "Content Too Large"},
       {415, "Unsupported Media Type"},
       {417, "Expectation Failed"},
       {422, "Unprocessable Content"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {501, "Not Implemented"},
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

HttpResponse response_of_exception() {
  try {
    throw;
  } catch (const Problem& problem) {
    return to_response(problem);
  } catch (const Error& error) {
    return to_response(Problem(status_of(error.kind()), error.what()));
  } catch (const std::bad_alloc&) {
    return to_response(unavailable("there is not enough memory for this request now"));
  } catch (const std::exception& error) {
    return to_response(Problem(500, error.what()));
  }
}

}  // namespace alexnet::serve
