// Clients that disconnect or connect at a bad moment.
#include <gmock/gmock.h>

#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::request_text;
using test::small_png;
using test::start_server;
using test::test_options;
using testing::HasSubstr;

// The statuses that are logged, once there are so many.
std::vector<int> statuses(const test::Lines& log, std::size_t count) {
  for (int i = 0; i < 500 && log.all().size() < count; ++i) std::this_thread::sleep_for(10ms);
  std::vector<int> statuses;
  for (const std::string& line : log.all()) statuses.push_back(json::parse(line)["status"]);
  return statuses;
}

TEST(Disconnect, NothingIsComputedForADisconnectedClient) {
  test::Lines log;
  ServerOptions options = test_options();
  options.access_log = log.sink();
  options.batching.max_wait = 300ms;
  const auto server = start_server(options);
  for (const char* path : {"/v1/predict", "/v1/predict?top=2"}) {
    HttpClient client(server->port());
    client.send(request_text("POST", path, {}, small_png()));
    std::this_thread::sleep_for(50ms);  // so that it waits for its batch
  }
  EXPECT_THAT(statuses(log, 2), testing::ElementsAre(499, 499));
  std::this_thread::sleep_for(400ms);
  const std::string metrics = HttpClient(server->port()).get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("alexnet_images_total{model=\"small\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("status=\"499\"} 2\n"));
}

TEST(Disconnect, AnIncompleteRequestIsLogged) {
  test::Lines log;
  ServerOptions options = test_options();
  options.access_log = log.sink();
  const auto server = start_server(options);
  const std::string text = request_text("POST", "/v1/predict", {}, small_png());
  HttpClient(server->port()).send(text.substr(0, text.size() - 10));
  HttpClient(server->port()).send("POST /v1/pre");  // without a whole head there is nothing to log
  EXPECT_THAT(statuses(log, 1), testing::ElementsAre(499));
}

TEST(Disconnect, AClientThatPipelinesIsStillConnected) {
  ServerOptions options = test_options();
  options.batching.max_wait = 200ms;
  const auto server = start_server(options);
  HttpClient client(server->port());
  client.send(request_text("POST", "/v1/predict", {}, small_png()));
  std::this_thread::sleep_for(50ms);
  client.send(request_text("GET", "/v2"));
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 200);
}

// A server whose two connections are both in the middle of a request.
class FullServer : public testing::Test {
 protected:
  static ServerOptions options(test::Lines& log) {
    ServerOptions options = test_options();
    options.http.max_connections = 2;
    options.access_log = log.sink();
    return options;
  }

  test::Lines log_;
  std::unique_ptr<Server> server_ = start_server(options(log_));
};

TEST_F(FullServer, RefusesAConnectionAboveTheLimit) {
  HttpClient first(server_->port());
  EXPECT_EQ(first.get("/v2").status, 200);
  {
    HttpClient second(server_->port());
    for (HttpClient* client : {&first, &second}) client->send("GET /v2 HTTP/1.1\r\n");
    std::this_thread::sleep_for(50ms);
    const Answer refused = HttpClient(server_->port()).read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_FALSE(refused.header("X-Request-Id").empty());
    ASSERT_THAT(statuses(log_, 2), testing::ElementsAre(200, 503));
    EXPECT_EQ(json::parse(log_.all().back())["id"], refused.header("X-Request-Id"));
  }
  for (int i = 0; i < 100; ++i) {  // until the server has seen the second go
    const Answer answer = HttpClient(server_->port()).get("/metrics");
    if (answer.status == 200) {
      EXPECT_THAT(answer.body, HasSubstr("\nalexnet_connections_refused_total "));
      return;
    }
    std::this_thread::sleep_for(20ms);
  }
  FAIL() << "the server is still full";
}

TEST_F(FullServer, ClosesTheConnectionIdleLongest) {
  HttpClient first(server_->port());
  EXPECT_EQ(first.get("/v2").status, 200);
  HttpClient second(server_->port());
  EXPECT_EQ(second.get("/v2").status, 200);
  HttpClient third(server_->port());
  EXPECT_EQ(third.get("/v2").status, 200);
  EXPECT_TRUE(first.closed());
  EXPECT_EQ(second.get("/v2").status, 200);
}

TEST(Disconnect, ANewConnectionMustSendARequestSoon) {
  ServerOptions options = test_options();
  options.http.head_timeout = 100ms;
  const auto server = start_server(options);
  EXPECT_TRUE(HttpClient(server->port()).closed());
}

// The I/O thread is held while requests come and the server is told to end.
TEST(Disconnect, DrainingAnswersRequestsThatHaveArrived) {
  std::promise<void> held;
  std::promise<void> release;
  ServerOptions options = test_options();
  options.access_log = [&](const std::string& line) {
    if (json::parse(line)["target"] != "/v2?hold=1") return;
    held.set_value();
    release.get_future().wait();
  };
  const auto server = start_server(options);
  HttpClient kept(server->port());
  EXPECT_EQ(kept.get("/v2").status, 200);
  HttpClient holder(server->port());
  holder.send(request_text("GET", "/v2?hold=1"));
  held.get_future().wait();
  HttpClient fresh(server->port());
  for (HttpClient* client : {&kept, &fresh}) client->send(request_text("GET", "/v2/health/ready"));
  server->drain();
  release.set_value();
  for (HttpClient* client : {&kept, &fresh}) {
    EXPECT_EQ(client->read().status, 503);  // it is no longer ready
    EXPECT_TRUE(client->closed());
  }
}

}  // namespace
}  // namespace alexnet::serve
