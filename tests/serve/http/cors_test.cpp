#include <gmock/gmock.h>

#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using test::Answer;
using test::HttpClient;
using test::request_text;

constexpr const char* kSite = "https://example.com";

Answer ask(HttpClient& client, const std::string& method, const std::string& path,
           const Headers& headers) {
  client.send(request_text(method, path, headers));
  return client.read();
}

const Headers& preflight() {
  static const Headers headers{{"Origin", kSite},
                               {"Access-Control-Request-Method", "POST"},
                               {"Access-Control-Request-Headers", "authorization, content-type"}};
  return headers;
}

TEST(Cors, IsOffByDefault) {
  const auto server = test::start_server();
  HttpClient client(server->port());
  EXPECT_EQ(ask(client, "OPTIONS", "/v1/predict", preflight()).status, 405);
  const Answer answer = client.get("/v2", {{"Origin", kSite}});
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(answer.header("Vary"), "");
}

TEST(Cors, LetsTheNamedSitesIn) {
  ServerOptions options = test::test_options();
  options.http.cors_origins = {kSite};
  options.token = "secret";  // a preflight has none
  const auto server = test::start_server(options);
  HttpClient client(server->port());
  const Answer allowed = ask(client, "OPTIONS", "/v1/predict", preflight());
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.header("Access-Control-Allow-Origin"), kSite);
  EXPECT_EQ(allowed.header("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(allowed.header("Access-Control-Allow-Headers"), "authorization, content-type");

  const Answer refused = client.get("/v2", {{"Origin", kSite}});  // readable, also without a token
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), kSite);
  EXPECT_EQ(refused.header("Vary"), "Origin");
  EXPECT_THAT(refused.header("Access-Control-Expose-Headers"), testing::HasSubstr("X-Request-Id"));

  const Headers other{{"Origin", "https://other.com"}, {"Access-Control-Request-Method", "POST"}};
  EXPECT_EQ(ask(client, "OPTIONS", "/v1/predict", other).status, 405);
  EXPECT_EQ(client.get("/v2/health/live", other).header("Access-Control-Allow-Origin"), "");
}

TEST(Cors, AStarIsAnySite) {
  ServerOptions options = test::test_options();
  options.http.cors_origins = {"*"};
  const auto server = test::start_server(options);
  HttpClient client(server->port());
  EXPECT_EQ(client.get("/v2", {{"Origin", kSite}}).header("Access-Control-Allow-Origin"), kSite);
  EXPECT_EQ(client.get("/v2").header("Access-Control-Allow-Origin"), "");
}

}  // namespace
}  // namespace alexnet::serve
