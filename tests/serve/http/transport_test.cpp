// HTTP itself: connections, limits, deadlines.
#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::HttpClient;
using test::request_text;
using test::small_png;
using test::start_server;
using test::test_options;
using testing::HasSubstr;

TEST(Transport, KeepsConnectionsAlive) {
  const auto server = start_server();
  HttpClient client(server->port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/v2/health/live").status, 200);
  EXPECT_EQ(client.get("/nowhere").status, 404);
  EXPECT_EQ(client.post("/v1/predict", small_png()).status, 200);
  EXPECT_EQ(client.get("/v2/health/live", {{"Connection", "close"}}).status, 200);
  EXPECT_TRUE(client.closed());
}

TEST(Transport, AnswersPipelinedRequestsInOrder) {
  const auto server = start_server();
  HttpClient client(server->port());
  client.send(request_text("POST", "/v1/predict", {{"X-Request-Id", "one"}}, small_png()) +
              request_text("GET", "/nowhere", {{"X-Request-Id", "two"}}) +
              request_text("GET", "/v2", {{"X-Request-Id", "three"}}));
  for (const char* id : {"one", "two", "three"})
    EXPECT_EQ(client.read().header("X-Request-Id"), id);
}

TEST(Transport, TakesChunksAndExpectations) {
  const auto server = start_server();
  HttpClient client(server->port());
  const std::string png = small_png();
  client.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", png.size());
  client.send(size + png + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  client.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(png.size()) + "\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send(png);
  EXPECT_EQ(client.read().status, 200);
  client.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nExpect: cake\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(client.read().status, 417);
}

TEST(Transport, HeadHasNoBody) {
  const auto server = start_server();
  HttpClient client(server->port());
  client.send(request_text("HEAD", "/v2"));
  const Answer head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.header("Content-Length"), "0");
  EXPECT_EQ(client.get("/v2").header("Content-Length"), head.header("Content-Length"));
}

TEST(Transport, RefusesWhatIsTooLarge) {
  ServerOptions options = test_options();
  options.http.max_body = 1000;
  const auto server = start_server(options);
  const auto ask = [&](const std::string& text) {
    HttpClient client(server->port());
    client.send(text);
    const Answer answer = client.read();
    EXPECT_TRUE(client.closed());
    return answer;
  };
  const Answer announced =
      ask("POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(announced.status, 413);
  EXPECT_EQ(announced.header("Content-Type"), "application/problem+json");
  EXPECT_THAT(announced.body, HasSubstr("1000 bytes"));
  EXPECT_EQ(
      ask("POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
          std::string(2000, 'x'))
          .status,
      413);
  EXPECT_EQ(ask(request_text("GET", "/", {{"X", std::string(20'000, 'x')}})).status, 431);
  EXPECT_EQ(ask("nonsense\r\n\r\n").status, 400);
  EXPECT_EQ(ask("GET /%zz HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(
      ask("POST /v1/predict HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
          .status,
      400);
}

TEST(Transport, ARequestThatIsTooLargeKeepsItsName) {
  test::Lines log;
  ServerOptions options = test_options();
  options.http.max_body = 1000;
  options.access_log = log.sink();
  const auto server = start_server(options);
  const std::string body(1001, 'x');
  const std::string chunks =
      "POST /v1/predict HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3e9\r\n" +
      body;
  for (const std::string& text :
       {request_text("POST", "/v1/predict", {{"X-Request-Id", "mine"}}, body), chunks}) {
    HttpClient client(server->port());
    client.send(text);
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.header("X-Request-Id"), "mine");
  }
  HttpClient client(server->port());
  EXPECT_THAT(
      client.get("/metrics").body,
      HasSubstr(
          "alexnet_requests_total{method=\"POST\",route=\"/v1/predict\",status=\"413\"} 2\n"));
  ASSERT_GE(log.all().size(), 2U);
  EXPECT_THAT(log.all()[0], HasSubstr(R"("id":"mine")"));
  EXPECT_THAT(log.all()[0], HasSubstr(R"("method":"POST","target":"/v1/predict","status":413)"));
}

TEST(Transport, LimitsTheMemoryOfAllBodies) {
  ServerOptions options = test_options();
  options.http.max_bodies = 100'000;
  const auto server = start_server(options);
  HttpClient client(server->port());
  const Answer answer = client.post("/v1/predict", std::string(200'000, 'x'));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(HttpClient(server->port()).post("/v1/predict", small_png()).status, 200);
}

TEST(Transport, SlowRequestsTimeOut) {
  ServerOptions options = test_options();
  options.http.head_timeout = 200ms;
  options.http.timeout = 400ms;
  options.http.idle_timeout = 300ms;
  const auto server = start_server(options);
  HttpClient slow_head(server->port());
  HttpClient slow_body(server->port());
  HttpClient idle(server->port());
  slow_body.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 8; ++i) {  // bytes that come do not make the time longer
    slow_head.send("G");
    slow_body.send("x");
    std::this_thread::sleep_for(60ms);
  }
  EXPECT_EQ(slow_head.read().status, 408);
  EXPECT_EQ(slow_body.read().status, 408);
  EXPECT_EQ(idle.read().status, 0);
}

TEST(Transport, ADisconnectAtAnyByteIsSurvived) {
  const auto server = start_server();
  for (int i = 0; i < 20; ++i) {
    const std::string text = request_text("POST", "/v1/predict", {}, small_png());
    HttpClient(server->port()).send(text.substr(0, text.size() * static_cast<std::size_t>(i) / 19));
  }
  EXPECT_EQ(HttpClient(server->port()).get("/v2").status, 200);
}

TEST(Transport, DrainingAnswersRequestsInProgress) {
  ServerOptions options = test_options();
  options.batching.max_wait = 300ms;
  const auto server = start_server(options);
  HttpClient idle(server->port());
  HttpClient busy(server->port());
  EXPECT_EQ(idle.get("/v2").status, 200);
  busy.send(request_text("POST", "/v1/predict", {}, small_png()));
  std::this_thread::sleep_for(50ms);
  server->drain();
  EXPECT_EQ(idle.read().status, 0);
  const Answer last = busy.read();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_THROW(HttpClient(server->port()).get("/v2"), std::runtime_error);
  EXPECT_TRUE(busy.closed());
}

TEST(Transport, StaysOpenForTheDelayBeforeItDrains) {
  ServerOptions options = test_options();
  options.http.drain_delay = 400ms;
  const auto server = start_server(options);
  server->drain();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(HttpClient(server->port()).get("/v2/health/ready").status, 503);
  EXPECT_EQ(HttpClient(server->port()).get("/health").status, 503);
  EXPECT_EQ(HttpClient(server->port()).post("/v1/predict", small_png()).status, 200);
  for (int i = 0; i < 500 && !server->drained(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(server->drained());
  EXPECT_THROW(HttpClient(server->port()).get("/v2"), std::runtime_error);
}

TEST(Transport, SaysWhyItCannotListen) {
  const auto server = start_server();
  ServerOptions options = test_options();
  options.http.port = server->port();
  EXPECT_THROW(start_server(options), Error);
  options.http.host = "nowhere";
  EXPECT_THROW(start_server(options), Error);
  options = test_options();
  options.http.tls_certificate = "/nonexistent/cert.pem";
  options.http.tls_key = "/nonexistent/key.pem";
  EXPECT_THROW(start_server(options), Error);
}

}  // namespace
}  // namespace alexnet::serve
