#pragma once

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

/// The statement throws alexnet::Error whose message contains each of the given texts.
#define EXPECT_ERROR(statement, ...)         \
  EXPECT_THAT(                               \
      [&] { static_cast<void>(statement); }, \
      (::testing::ThrowsMessage<::alexnet::Error>(::alexnet::test::contains_all({__VA_ARGS__}))))

/// The statement throws alexnet::Error of this kind.
#define EXPECT_ERROR_KIND(statement, wanted) \
  EXPECT_THAT(                               \
      [&] { static_cast<void>(statement); }, \
      ::testing::Throws<::alexnet::Error>(::testing::Property(&::alexnet::Error::kind, wanted)))

namespace alexnet::test {

inline ::testing::Matcher<const std::string&> contains_all(std::vector<std::string> texts) {
  return ::testing::Truly([texts = std::move(texts)](const std::string& message) {
    return std::ranges::all_of(
        texts, [&](const std::string& text) { return message.find(text) != std::string::npos; });
  });
}

}  // namespace alexnet::test
