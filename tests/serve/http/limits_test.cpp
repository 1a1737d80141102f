// What a request may use.
#include <gmock/gmock.h>

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base64.h"
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

json bytes_input(int count, const json& parameters = json::object()) {
  return {{"parameters", parameters},
          {"inputs",
           {{{"name", "input"},
             {"datatype", "BYTES"},
             {"shape", {count}},
             {"data", std::vector<std::string>(static_cast<std::size_t>(count),
                                               to_base64(small_png()))}}}}};
}

Answer post_json(const Server& server, const std::string& path, const json& body) {
  return HttpClient(server.port()).post(path, body.dump(), {{"Content-Type", "application/json"}});
}

Answer predict_many(const Server& server, std::size_t count) {
  return post_json(server, "/v1/predict",
                   {{"images", std::vector<std::string>(count, to_base64(small_png()))}});
}

TEST(Limits, MoreImagesThanTheQueueHoldsAreRefusedUndecoded) {
  ServerOptions options = test_options();
  options.batching.max_queue = 2;
  options.batching.max_batch = 2;
  const auto server = start_server(options);
  EXPECT_EQ(predict_many(*server, 2).status, 200);
  const Answer refused = predict_many(*server, 3);
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr("more than 2 images"));
  const std::string path = "/v2/models/small/infer";
  EXPECT_EQ(post_json(*server, path, bytes_input(2)).status, 200);
  EXPECT_EQ(post_json(*server, path, bytes_input(3)).status, 413);

  json head = bytes_input(1);
  head["inputs"][0].erase("data");
  std::string files;
  for (int i = 0; i < 3; ++i) {
    const auto size = static_cast<std::uint32_t>(small_png().size());
    files.append(reinterpret_cast<const char*>(&size), sizeof size);
    files += small_png();
  }
  for (const auto& [count, status] : {std::pair{3, 413}, std::pair{2, 400}}) {
    head["inputs"][0]["shape"] = {count};
    head["inputs"][0]["parameters"] = {{"binary_data_size", files.size()}};
    const std::string text = head.dump();
    EXPECT_EQ(HttpClient(server->port())
                  .post(path, text + files,
                        {{"Inference-Header-Content-Length", std::to_string(text.size())}})
                  .status,
              status);
  }
}

TEST(Limits, ADeadlineOfTheRequestCountsFromArrival) {
  const auto server = start_server();
  json body = bytes_input(1, {{"timeout", 1}});
  body["inputs"][0]["data"] = {"R0lG"};  // "GIF", which would be 415
  EXPECT_EQ(post_json(*server, "/v2/models/small/infer", body).status, 504);
}

TEST(Limits, ChunkHeadersAndTrailersAreBounded) {
  const auto server = start_server();
  for (const char* start : {"1;", "0\r\nX: "}) {
    HttpClient client(server->port());
    client.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(start + std::string(200'000, 'x'));
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("chunk"));
  }
}

TEST(Limits, AGetHasNoBody) {
  const auto server = start_server();
  HttpClient client(server->port());
  client.send(request_text("GET", "/", {}, "body"));
  EXPECT_EQ(client.read().status, 400);
  EXPECT_TRUE(client.closed());
  HttpClient chunked(server->port());
  EXPECT_EQ(chunked.get("/", {{"Transfer-Encoding", "chunked"}}).status, 400);
  EXPECT_EQ(HttpClient(server->port()).get("/", {{"Content-Length", "0"}}).status, 200);
}

TEST(Limits, ABodyIsCountedUntilItsImagesAreComputed) {
  ServerOptions options = test::slow_options();
  options.http.max_bodies = 10'000;
  options.http.timeout = 100ms;
  options.batching.max_batch = 8;
  const auto server = test::start_slow_server(options);
  const std::string pixels(std::size_t{8} * 28 * 28, 'x');
  const std::string head = json{{"inputs",
                                 {{{"name", "input"},
                                   {"datatype", "UINT8"},
                                   {"shape", {8, 28, 28, 1}},
                                   {"parameters", {{"binary_data_size", pixels.size()}}}}}}}
                               .dump();
  const auto ask = [&] {
    return HttpClient(server->port())
        .post("/v2/models/small/infer", head + pixels,
              {{"Inference-Header-Content-Length", std::to_string(head.size())}})
        .status;
  };
  EXPECT_EQ(ask(), 504);  // its images are still being computed
  EXPECT_EQ(ask(), 503);
}

TEST(Limits, AnIdleConnectionKeepsNoBody) {
  ServerOptions options = test_options();
  options.http.max_bodies = 100'000;
  const auto server = start_server(options);
  const auto connect = [&] { return std::make_unique<HttpClient>(server->port()); };
  auto first = connect();
  auto second = connect();
  for (auto* client : {&first, &second, &first}) {
    const auto ask = [&] {
      return (*client)->post("/v1/predict", std::string(60'000, 'x')).status;
    };
    // A client may have its response a moment before the server lets its request go. A body that is
    // refused for that ends its connection.
    const auto end = std::chrono::steady_clock::now() + 10s;
    int status = ask();
    while (status == 503 && std::chrono::steady_clock::now() < end) {
      *client = connect();
      status = ask();
    }
    EXPECT_EQ(status, 415);
  }
}

// Small chunks with long headers, so that the body never grows and data is always there.
TEST(Limits, AnEndlessRequestTimesOut) {
  ServerOptions options = test_options();
  options.http.timeout = 300ms;
  const auto server = start_server(options);
  HttpClient client(server->port());
  client.send("POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 4000; ++i) chunks += "1;" + std::string(200, 'x') + "\r\nx\r\n";
  std::atomic<bool> stop{false};
  std::jthread sender([&] {
    while (!stop) client.send(chunks);
  });
  const auto begin = Clock::now();
  EXPECT_EQ(client.read().status, 408);
  EXPECT_LT(Clock::now() - begin, 3s);
  stop = true;
}

TEST(Limits, AnExceptionOfTheLogIsSurvived) {
  test::Lines notices;
  ServerOptions options = test_options();
  options.notice = notices.sink();
  std::atomic<bool> full{true};
  options.access_log = [&](const std::string& /*line*/) {
    if (full.exchange(false)) throw std::runtime_error("the disk is full");
  };
  const auto server = start_server(options);
  EXPECT_EQ(HttpClient(server->port()).get("/v2").status, 200);
  EXPECT_EQ(HttpClient(server->port()).get("/v2").status, 200);
  EXPECT_THAT(notices.all(), testing::ElementsAre(HasSubstr("the disk is full")));
}

}  // namespace
}  // namespace alexnet::serve
