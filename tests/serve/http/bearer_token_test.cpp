#include "serve/http/bearer_token.h"

#include <gtest/gtest.h>

namespace alexnet::serve {
namespace {

TEST(BearerToken, WantsTheWholeToken) {
  EXPECT_TRUE(has_bearer_token("Bearer secret", "secret"));
  EXPECT_TRUE(has_bearer_token("bearer secret", "secret"));
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret"}) {
    EXPECT_FALSE(has_bearer_token(bad, "secret")) << bad;
  }
}

}  // namespace
}  // namespace alexnet::serve
