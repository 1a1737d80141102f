#include "serve/http/request_id.h"

#include <gtest/gtest.h>

namespace alexnet::serve {
namespace {

TEST(RequestId, KeepsTheOneOfTheClient) {
  EXPECT_EQ(request_id("abc-1.2/x"), "abc-1.2/x");
  EXPECT_NE(request_id("a\"b"), "a\"b");
  EXPECT_NE(request_id(std::string(129, 'a')), std::string(129, 'a'));
  EXPECT_NE(request_id(""), request_id(""));
}

}  // namespace
}  // namespace alexnet::serve
