// Served models are computed by the engine that the options name.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

TEST(ServedEngine, ReferenceAnswersAsCpuDoes) {
  const auto answers = [](const char* engine) {
    ServerOptions options = test::test_options();
    options.engine = engine;
    const auto server = test::start_server(options);
    test::HttpClient client(server->port());
    const std::string png = test::small_png();
    const auto post = [&](const char* path) {
      const test::Answer answer = client.post(path, png, {{"Content-Type", "image/png"}});
      EXPECT_EQ(answer.status, 200) << answer.body;
      return json::parse(answer.body)["predictions"][0];
    };
    return std::pair(post("/v1/predict?top=10"), post("/v1/predict?explain=true&top=10"));
  };
  const auto [fast, fast_explained] = answers("cpu");
  const auto [slow, slow_explained] = answers("reference");
  const auto expect_near = [](const json& got, const json& expected) {
    ASSERT_EQ(expected["top"].size(), 10U);
    ASSERT_EQ(got["top"].size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(got["top"][i]["index"], expected["top"][i]["index"]);
      EXPECT_NEAR(got["top"][i]["probability"], expected["top"][i]["probability"], 1e-5);
    }
    EXPECT_NE(got["top"], expected["top"]) << "these cannot be two engines";
  };
  expect_near(fast, slow);
  expect_near(fast_explained, slow_explained);
}

}  // namespace
}  // namespace alexnet::serve
