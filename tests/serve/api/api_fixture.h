#pragma once

#include <alexnet/classifier.h>
#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "serve/test_server.h"

namespace alexnet::test {

/// A server of the small model, a connection to it, and what the library says of small_image(1).
class ApiFixture : public testing::Test {
 protected:
  nlohmann::json post(const std::string& path, const std::string& body,
                      const serve::Headers& headers, int status) {
    const Answer answer = client_.post(path, body, headers);
    EXPECT_EQ(answer.status, status) << answer.body.substr(0, 500);
    if (status >= 400) {
      EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    }
    return nlohmann::json::parse(answer.body, nullptr, false);
  }

  /// Compares the "top" of a response with the library's predictions.
  void expect_as_predicted(const nlohmann::json& top) const {
    ASSERT_EQ(top.size(), expected_.size());
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      EXPECT_EQ(top[i]["label"], expected_[i].label);
      EXPECT_EQ(top[i]["index"], expected_[i].index);
      EXPECT_NEAR(top[i]["probability"].get<double>(), expected_[i].probability, 1e-5);
    }
  }

  std::unique_ptr<serve::Server> server_ = start_server();
  HttpClient client_{server_->port()};
  std::string png_ = small_png();
  std::vector<Prediction> expected_ =
      Classifier(small_model(), {.threads = 1}).classify(small_image(1), 3);
};

}  // namespace alexnet::test
