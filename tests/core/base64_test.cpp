#include "core/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace alexnet {
namespace {

TEST(Base64, GoesThereAndBack) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("ab"),
                                  std::string("abc"), std::string(100, '\0')}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
  }
  EXPECT_EQ(from_base64("aGVs\r\nbG8="), "hello");
}

TEST(Base64, RefusesOtherText) {
  for (const char* bad : {"a", "ab", "abc", "a===", "aGVs-bG8=", "aGVsbG8", "aGVs bG8=", "-"}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace alexnet
