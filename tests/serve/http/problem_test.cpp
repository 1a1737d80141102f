#include "serve/http/problem.h"

#include <gtest/gtest.h>

#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace alexnet::serve {
namespace {

template <class Exception>
HttpResponse response_to(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return response_of_exception();
  }
}

TEST(ProblemStatus, EachKindOfErrorHasOne) {
  EXPECT_EQ(response_to(Error("a", ErrorKind::bad_input)).status, 400);
  EXPECT_EQ(response_to(Error("a", ErrorKind::not_found)).status, 404);
  EXPECT_EQ(response_to(Error("a", ErrorKind::unsupported)).status, 501);
  EXPECT_EQ(response_to(Error("a", ErrorKind::io)).status, 500);
  EXPECT_EQ(response_to(Error("a", ErrorKind::internal)).status, 500);
}

TEST(ProblemStatus, AProblemHasItsOwn) {
  const HttpResponse response = response_to(Problem(405, "a", {{"Allow", "POST"}}));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(find_header(response.headers, "Allow"), "POST");
}

TEST(ProblemStatus, OtherExceptionsAreFaultsHere) {
  EXPECT_EQ(response_to(std::runtime_error("a")).status, 500);
  const HttpResponse no_memory = response_to(std::bad_alloc());
  EXPECT_EQ(no_memory.status, 503);
  EXPECT_EQ(find_header(no_memory.headers, "Retry-After"), "1");
}

TEST(ProblemDocument, SaysWhatIsWrong) {
  const HttpResponse response = response_to(Error("it cannot", ErrorKind::unsupported));
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto document = nlohmann::json::parse(response.body);
  EXPECT_EQ(document["title"], "Not Implemented");
  EXPECT_EQ(document["status"], 501);
  EXPECT_EQ(document["detail"], "it cannot");
  EXPECT_EQ(document["error"], "it cannot");
}

}  // namespace
}  // namespace alexnet::serve
