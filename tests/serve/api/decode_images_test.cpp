#include "serve/api/decode_images.h"

#include <gtest/gtest.h>

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

TEST(DecodeImages, StopsWhenTheRequestIsCancelled) {
  const std::vector<EncodedImage> images{{.name = "a", .content = "no image"}};
  const auto disconnected = std::make_shared<std::atomic<bool>>(true);
  const auto later = Clock::now() + std::chrono::hours(1);
  const auto status = [&](const Cancellation& cancellation) {
    try {
      decode_images(images, {}, 1, cancellation);
    } catch (const Problem& problem) {
      return problem.status();
    }
    return 0;
  };
  EXPECT_EQ(status({.deadline = later, .disconnected = nullptr}), 415);
  EXPECT_EQ(status({.deadline = later, .disconnected = disconnected}), 504);
  EXPECT_EQ(status({.deadline = Clock::now(), .disconnected = nullptr}), 504);
}

}  // namespace
}  // namespace alexnet::serve
