// What all endpoints share: routes, tokens, metrics and the log.
#include <chrono>
#include <thread>

#include "core/base64.h"
#include "serve/api/api_fixture.h"

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::small_png;
using test::start_server;
using test::test_options;
using testing::HasSubstr;

class Endpoints : public test::ApiFixture {};

TEST_F(Endpoints, DescribesItself) {
  const auto get = [&](const std::string& path) {
    const Answer answer = client_.get(path);
    EXPECT_EQ(answer.status, 200) << path;
    return json::parse(answer.body);
  };
  EXPECT_EQ(get("/v2")["name"], "alexnet");
  EXPECT_EQ(get("/v2/models/small")["inputs"][0]["shape"], json({-1, 1, 28, 28}));
  EXPECT_EQ(get("/v2/models/small/versions/1/ready")["ready"], true);
  EXPECT_EQ(get("/health")["ready"], true);
  EXPECT_EQ(get("/ping")["status"], "Healthy");
  EXPECT_EQ(get("/v1/models")["models"][0]["classes"].size(), 10U);
  EXPECT_EQ(get("/openapi.json")["openapi"], "3.1.0");
  const Answer page = client_.get("/");
  EXPECT_THAT(page.body, HasSubstr("<title>"));
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  for (const char* path : {"/page.css", "/page.js", "/answer.js", "/drawings.js", "/icon.svg"}) {
    EXPECT_EQ(client_.get(path).status, 200) << path;
  }
  const Answer wrong = client_.post("/v2", "x");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD");
}

TEST_F(Endpoints, NoPathLeadsToFiles) {
  for (const char* path : {"/../../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd",
                           "/page.css/..", "/index.html", "/v2/models/..%2f..%2fetc%2fpasswd"}) {
    EXPECT_EQ(client_.get(path).status, 404) << path;
  }
}

TEST(RequestLog, CountsAndLogs) {
  test::Lines log;
  ServerOptions options = test_options();
  options.access_log = log.sink();
  const auto server = start_server(options);
  HttpClient client(server->port());
  EXPECT_EQ(
      client.post("/v1/predict", small_png(), {{"X-Request-Id", "abc"}}).header("X-Request-Id"),
      "abc");
  EXPECT_EQ(client.get("/a\"b").status, 404);
  for (const char* bad : {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /v2 HTTP/1.1\r\n\r\n"}) {
    HttpClient refused(server->port());
    refused.send(bad);
    EXPECT_EQ(refused.read().status, 400);
  }
  const std::string metrics = client.get("/metrics").body;
  for (const char* line :
       {"alexnet_requests_total{method=\"POST\",route=\"/v1/predict\",status=\"200\"} 1\n",
        "alexnet_errors_total{route=\"none\"} 2\n", "alexnet_errors_total{route=\"/v2\"} 1\n",
        "alexnet_images_total{model=\"small\"} 1\n",
        "alexnet_batch_images_count{model=\"small\"} 1\n",
        "alexnet_queue_seconds_count{model=\"small\"} 1\n",
        "alexnet_compute_seconds_count{model=\"small\"} 1\n",
        "alexnet_inferences_total{model=\"small\",result=\"success\"} 1\n",
        "alexnet_build_info{version=\"", "\nprocess_cpu_seconds_total ",
        "\nprocess_resident_memory_bytes ", "\nprocess_start_time_seconds ", "\nprocess_open_fds ",
        "\nprocess_max_fds "}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  const auto lines = log.all();
  ASSERT_GE(lines.size(), 2U);
  const json first = json::parse(lines[0]);
  EXPECT_EQ(first["id"], "abc");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["method"], "POST");
  EXPECT_EQ(json::parse(lines[1])["target"], "/a\"b");
}

TEST(Token, WantsItsToken) {
  ServerOptions options = test_options();
  options.token = "secret";
  const auto server = start_server(options);
  HttpClient client(server->port());
  EXPECT_EQ(client.get("/v2/health/ready").status, 200);
  EXPECT_EQ(client.get("/").status, 200);
  const Answer refused = client.get("/v1/models");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(client.get("/metrics", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_EQ(client.get("/v1/models", {{"Authorization", "Bearer secret"}}).status, 200);
}

TEST(Overload, AFullQueueIsRefusedAndWhoIsInItIsAnswered) {
  ServerOptions options = test_options();
  options.batching = {.max_batch = 3, .max_wait = 2s, .max_queue = 3};
  const auto server = start_server(options);
  const std::string png = small_png();
  HttpClient first(server->port());
  HttpClient second(server->port());
  HttpClient third(server->port());
  first.send(test::request_text("POST", "/v1/predict", {}, png));
  second.send(test::request_text("POST", "/v1/predict", {}, png));
  while (third.get("/metrics").body.find("alexnet_queue_images{model=\"small\"} 2\n") ==
         std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  const std::string two = json{{"images", {to_base64(png), to_base64(png)}}}.dump();
  const Answer refused = third.post("/v1/predict", two, {{"Content-Type", "application/json"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(first.read().status, 200);
  EXPECT_EQ(second.read().status, 200);
}

TEST(Overload, AnAnswerThatComesTooLateHasItsStatus) {
  ServerOptions options = test::slow_options();
  options.http.timeout = 200ms;
  const auto server = test::start_slow_server(options);
  HttpClient client(server->port());
  const std::vector<std::string> images(10, to_base64(small_png()));
  const Answer late = client.post("/v1/predict", json{{"images", images}}.dump(),
                                  {{"Content-Type", "application/json"}});
  EXPECT_EQ(late.status, 504);
  EXPECT_EQ(client.get("/v2").status, 200);  // the connection is as good as before
}

}  // namespace
}  // namespace alexnet::serve
