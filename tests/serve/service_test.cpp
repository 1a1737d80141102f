// What the server answers.
#include <alexnet/classifier.h>
#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "report/base64.h"
#include "serve/base64.h"
#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::pattern;
using test::start_server;
using test::test_options;
using testing::HasSubstr;

void expect_same(const json& top, const std::vector<Prediction>& expected) {
  ASSERT_EQ(top.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(top[i]["label"], expected[i].label);
    EXPECT_EQ(top[i]["index"], expected[i].index);
    EXPECT_NEAR(top[i]["probability"].get<double>(), expected[i].probability, 1e-5);
  }
}

class ServiceTest : public testing::Test {
 protected:
  json post(const std::string& path, const std::string& body, const Headers& headers, int status) {
    const Answer answer = client_.post(path, body, headers);
    EXPECT_EQ(answer.status, status) << answer.body.substr(0, 500);
    if (status >= 400) {
      EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    }
    return json::parse(answer.body, nullptr, false);
  }
  json predict(const std::string& body, const std::string& type, int status = 200) {
    return post("/v1/predict?top=3", body, {{"Content-Type", type}}, status);
  }
  json infer(const json& body, int status = 200) {
    return post("/v2/models/small/infer", body.dump(), {}, status);
  }

  std::unique_ptr<Server> server_ = start_server();
  HttpClient client_{server_->port()};
  Classifier classifier_{test::small_model(), {.threads = 1}};
  std::string png_ = encode_png(pattern(1));
  std::vector<Prediction> expected_ = classifier_.classify(pattern(1), 3);
};

TEST_F(ServiceTest, PredictsAsPredictDoesWhateverTheForm) {
  for (const char* type : {"image/png", "application/octet-stream", "image/jpeg"}) {
    expect_same(predict(png_, type)["predictions"][0]["top"], expected_);
  }
  const std::string part = "\r\nContent-Disposition: form-data; name=\"";
  const json form =
      predict("--x" + part + "a\"; filename=\"one.png\"\r\n\r\n" + png_ + "\r\n--x" + part +
                  "image\"\r\n\r\n" + png_ + "\r\n--x" + part + "top\"\r\n\r\n7\r\n--x--\r\n",
              "multipart/form-data; boundary=x");
  EXPECT_EQ(form["predictions"][0]["image"], "one.png");
  EXPECT_EQ(form["predictions"][1]["image"], "image 2");
  for (const json& prediction : form["predictions"]) expect_same(prediction["top"], expected_);
  const json listed = predict(
      json{{"images", {to_base64(png_), "data:image/png;base64," + to_base64(png_)}}}.dump(),
      "application/json");
  for (const json& prediction : listed["predictions"]) expect_same(prediction["top"], expected_);
  EXPECT_EQ(listed["model"], "small");
}

TEST_F(ServiceTest, RefusesWhatItCannotPredict) {
  EXPECT_THAT(predict("GIF89a", "image/gif", 415)["detail"], HasSubstr("neither a JPEG nor a PNG"));
  EXPECT_THAT(predict(png_.substr(0, png_.size() / 2), "image/png", 422)["detail"],
              HasSubstr("cannot be decoded"));
  std::string scans = "\xFF\xD8\xFF";
  for (int i = 0; i < 101; ++i) scans += "\xFF\xDA";
  EXPECT_THAT(predict(scans, "image/jpeg", 422)["detail"], HasSubstr("101 scans"));
  predict(png_, "text/plain", 415);
  predict("", "image/png", 400);
  predict("{}", "application/json", 400);
  predict("[]", "application/json", 400);
  predict(R"({"image": 3})", "application/json", 400);
  predict(R"({"image": "???"})", "application/json", 400);
  predict(R"({"image": "", "top": 1.5})", "application/json", 400);
  predict(json{{"image", to_base64(png_)}, {"topp", 1}}.dump(), "application/json", 400);
  predict("--x", "multipart/form-data", 400);
  post("/v1/predict?top=0", png_, {}, 400);
  post("/v1/predict?top=3x", png_, {}, 400);
  post("/v1/predict?explain=maybe", png_, {}, 400);
  post("/v1/predict?colour=red", png_, {}, 400);
  EXPECT_THAT(post("/v1/predict?model=large", png_, {}, 404)["detail"], HasSubstr("'large'"));
  post("/v1/predict", png_, {{"Content-Encoding", "gzip"}}, 415);
}

TEST_F(ServiceTest, RefusesAnImageOfTooManyPixelsBeforeItIsDecoded) {
  ServerOptions options = test_options();
  options.max_pixels = 28 * 28 - 1;
  const auto server = start_server(options);
  const Answer answer = HttpClient(server->port()).post("/v1/predict", png_);
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("28 x 28 pixels"));
}

TEST_F(ServiceTest, ExplainsOneImage) {
  const json answer = post("/v1/predict?explain=true&top=3", png_, {}, 200);
  expect_same(answer["predictions"][0]["top"], expected_);
  const json explanation = answer["predictions"][0]["explanation"];
  EXPECT_EQ(explanation["label"], expected_[0].label);
  const auto overlay = from_base64(explanation["overlay"].get<std::string>());
  ASSERT_TRUE(overlay);
  const Image heat = decode_image(
      {reinterpret_cast<const std::uint8_t*>(overlay->data()), overlay->size()}, 3, "overlay");
  EXPECT_EQ(heat.width, 28);
  post("/v1/predict?explain=true", json{{"images", {to_base64(png_), to_base64(png_)}}}.dump(),
       {{"Content-Type", "application/json"}}, 400);
}

TEST(ServerTest, AnExplanationIsOfTheSameInput) {
  const auto load = [](const std::string& /*weights*/) {
    Model model = test::small_model();
    model.preprocess.resize = 32;  // more than the crop
    return model;
  };
  const Server server({{.name = "small", .weights = "memory"}}, load, test_options());
  Image large{.height = 60, .width = 50, .channels = 1, .pixels = {}};
  for (int i = 0; i < 60 * 50; ++i) {
    large.pixels.push_back(static_cast<std::uint8_t>((i * i / 97 + 3 * i) % 256));
  }
  HttpClient client(server.port());
  const auto top = [&](const std::string& query) {
    const Answer answer = client.post("/v1/predict?top=10" + query, encode_png(large));
    return json::parse(answer.body)["predictions"][0]["top"];
  };
  const json plain = top("");
  const json explained = top("&explain=true");
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(explained[i]["index"], plain[i]["index"]);
    EXPECT_NEAR(explained[i]["probability"].get<double>(), plain[i]["probability"].get<double>(),
                1e-5);
  }
}

TEST_F(ServiceTest, ExplanationsAreMeasuredToo) {
  post("/v1/predict?explain=true", png_, {}, 200);
  const std::string metrics = client_.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("alexnet_images_total{model=\"small\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("alexnet_compute_seconds_count{model=\"small\"} 1\n"));
}

TEST_F(ServiceTest, InfersJsonTensors) {
  json pixels = json::array();
  for (const int seed : {1, 2}) {
    for (const std::uint8_t byte : pattern(seed).pixels) pixels.push_back(byte);
  }
  const json answer = infer({{"id", "mine"},
                             {"inputs",
                              {{{"name", "input"},
                                {"datatype", "UINT8"},
                                {"shape", {2, 28, 28, 1}},
                                {"data", pixels}}}}});
  EXPECT_EQ(answer["id"], "mine");
  EXPECT_EQ(answer["model_name"], "small");
  ASSERT_EQ(answer["outputs"].size(), 3U);
  EXPECT_EQ(answer["outputs"][2]["name"], "probabilities");
  EXPECT_EQ(answer["outputs"][2]["shape"], json({2, 10}));
  EXPECT_NEAR(
      answer["outputs"][2]["data"][static_cast<std::size_t>(expected_[0].index)].get<double>(),
      expected_[0].probability, 1e-5);

  json rows = json::array();  // the same as nested lists of normalised floats
  for (int y = 0; y < 28; ++y) {
    json row = json::array();
    for (int x = 0; x < 28; ++x) row.push_back((pattern(1).at(y, x, 0) / 255.0 - 0.5) / 0.25);
    rows.push_back(std::move(row));
  }
  const json floats =
      infer({{"inputs",
              {{{"name", "input"},
                {"datatype", "FP32"},
                {"shape", {1, 1, 28, 28}},
                {"data", json::array({json::array({rows})})}}}},
             {"outputs", {{{"name", "probabilities"}, {"parameters", {{"classification", 2}}}}}}});
  EXPECT_THAT(floats["outputs"][0]["data"][0],
              HasSubstr(":" + std::to_string(expected_[0].index) + ":" + expected_[0].label));
}

TEST_F(ServiceTest, InfersBinaryTensorsBothWays) {
  const Image image = pattern(1);
  const std::string head =
      json{{"inputs",
            {{{"name", "input"},
              {"datatype", "UINT8"},
              {"shape", {1, 28, 28, 1}},
              {"parameters", {{"binary_data_size", 28 * 28}}}}}},
           {"outputs",
            {{{"name", "logits"}},
             {{"name", "log_probabilities"}, {"parameters", {{"binary_data", true}}}}}}}
          .dump();
  const std::string body =
      head + std::string(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
  const Answer answer =
      client_.post("/v2/models/small/versions/1/infer", body,
                   {{"Inference-Header-Content-Length", std::to_string(head.size())}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::size_t json_size = std::stoul(answer.header("Inference-Header-Content-Length"));
  const json described = json::parse(answer.body.substr(0, json_size));
  EXPECT_EQ(described["outputs"][1]["parameters"]["binary_data_size"], 40);
  ASSERT_EQ(answer.body.size(), json_size + 40);
  std::array<float, 10> values{};
  std::memcpy(values.data(), answer.body.data() + json_size, sizeof values);
  EXPECT_NEAR(std::exp(values[static_cast<std::size_t>(expected_[0].index)]),
              expected_[0].probability, 1e-5);
  EXPECT_EQ(described["outputs"][0]["data"].size(), 10U);
}

TEST_F(ServiceTest, InfersEncodedImages) {
  const json answer = infer(
      {{"inputs",
        {{{"name", "input"}, {"datatype", "BYTES"}, {"shape", {1}}, {"data", {to_base64(png_)}}}}},
       {"outputs", {{{"name", "probabilities"}}}}});
  EXPECT_NEAR(
      answer["outputs"][0]["data"][static_cast<std::size_t>(expected_[0].index)].get<double>(),
      expected_[0].probability, 1e-5);
}

TEST_F(ServiceTest, RefusesWhatItCannotInfer) {
  const auto input = [](const json::object_t& changes) {
    json tensor{{"name", "input"}, {"datatype", "UINT8"}, {"shape", {1, 28, 28, 1}}, {"data", {0}}};
    for (const auto& [key, value] : changes) tensor[key] = value;
    return json{{"inputs", {tensor}}};
  };
  EXPECT_THAT(infer(input({}), 400)["error"], HasSubstr("1 values where its shape says 784"));
  EXPECT_THAT(infer(input({{"name", "x"}}), 400)["error"], HasSubstr("must be 'input'"));
  EXPECT_THAT(infer(input({{"datatype", "FP64"}}), 400)["error"], HasSubstr("FP64"));
  EXPECT_THAT(infer(input({{"shape", {1, 1, 28, 28}}}), 400)["error"], HasSubstr("[N, 28, 28, 1]"));
  EXPECT_THAT(infer(input({{"shape", {0, 28, 28, 1}}}), 400)["error"], HasSubstr("above 0"));
  infer(input({{"shape", {-1, 28, 28, 1}}}), 400);
  infer(input({{"shape", {2147483647, 28, 28, 1}}}), 400);
  infer(input({{"shape", "large"}}), 400);
  infer(input({{"data", {256}}}), 400);
  infer(input({{"data", {{"a", 1}}}}), 400);
  infer(input({{"datatype", "BYTES"}, {"shape", {1}}, {"data", {"%"}}}), 400);
  infer(input({{"parameters", {{"binary_data_size", 5}}}}), 400);
  json floats = input({{"datatype", "FP32"}, {"shape", {1, 1, 28, 28}}});
  floats["inputs"][0]["data"] = std::vector<double>(784, 1e300);
  EXPECT_THAT(infer(floats, 400)["error"], HasSubstr("not finite"));
  floats["inputs"][0]["data"] = std::vector<double>(784, 3e38);
  infer(floats, 422);
  json outputs = input({});
  outputs["outputs"] = {{{"name", "nothing"}}};
  EXPECT_THAT(infer(outputs, 400)["error"], HasSubstr("there is no output 'nothing'"));
  infer({{"inputs", json::array()}}, 400);
  post("/v2/models/small/infer", "{}", {{"Inference-Header-Content-Length", "3"}}, 400);
  post("/v2/models/large/infer", "{}", {}, 404);
  post("/v2/models/small/versions/2/infer", "{}", {}, 404);
}

TEST_F(ServiceTest, DescribesItself) {
  const auto get = [&](const std::string& path) {
    const Answer answer = client_.get(path);
    EXPECT_EQ(answer.status, 200) << path;
    return json::parse(answer.body);
  };
  EXPECT_EQ(get("/v2")["name"], "alexnet");
  EXPECT_EQ(get("/v2/models/small")["inputs"][0]["shape"], json({-1, 1, 28, 28}));
  EXPECT_EQ(get("/v2/models/small/versions/1/ready")["ready"], true);
  EXPECT_EQ(get("/v1/models")["models"][0]["classes"].size(), 10U);
  EXPECT_EQ(get("/openapi.json")["openapi"], "3.1.0");
  const Answer page = client_.get("/");
  EXPECT_THAT(page.body, HasSubstr("<title>"));
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  for (const char* path : {"/page.css", "/page.js", "/drawings.js", "/icon.svg"}) {
    EXPECT_EQ(client_.get(path).status, 200) << path;
  }
  const Answer wrong = client_.post("/v2", "x");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD");
}

TEST_F(ServiceTest, NoPathLeadsToFiles) {
  for (const char* path : {"/../../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd",
                           "/page.css/..", "/index.html", "/v2/models/..%2f..%2fetc%2fpasswd"}) {
    EXPECT_EQ(client_.get(path).status, 404) << path;
  }
}

TEST(ServerTest, CountsAndLogs) {
  test::Lines log;
  ServerOptions options = test_options();
  options.access_log = log.taker();
  const auto server = start_server(options);
  HttpClient client(server->port());
  EXPECT_EQ(client.post("/v1/predict", encode_png(pattern(1)), {{"X-Request-Id", "abc"}})
                .header("X-Request-Id"),
            "abc");
  EXPECT_EQ(client.get("/a\"b").status, 404);
  const std::string metrics = client.get("/metrics").body;
  for (const char* line :
       {"alexnet_requests_total{method=\"POST\",route=\"/v1/predict\",status=\"200\"} 1\n",
        "alexnet_errors_total{route=\"none\"} 1\n", "alexnet_images_total{model=\"small\"} 1\n",
        "alexnet_batch_images_count{model=\"small\"} 1\n",
        "alexnet_queue_seconds_count{model=\"small\"} 1\n",
        "alexnet_compute_seconds_count{model=\"small\"} 1\n"}) {
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

TEST(ServerTest, WantsItsToken) {
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

TEST(ServerTest, AFullQueueAndALateAnswerHaveTheirStatus) {
  ServerOptions options = test_options();
  options.batching = {.max_batch = 4, .max_wait = 1h, .max_queue = 2};
  options.http.timeout = 500ms;
  const auto server = start_server(options);
  const std::string png = encode_png(pattern(1));
  HttpClient first(server->port());
  HttpClient second(server->port());
  HttpClient third(server->port());
  first.send(test::request_text("POST", "/v1/predict", {}, png));
  second.send(test::request_text("POST", "/v1/predict", {}, png));
  std::this_thread::sleep_for(100ms);
  const Answer refused = third.post("/v1/predict", png);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(first.read().status, 504);
  EXPECT_EQ(second.read().status, 504);
  EXPECT_EQ(first.get("/v2").status, 200);  // the connection is as good as before
}

TEST(ServerTest, AClientsOwnDeadlineCounts) {
  const auto server = start_server();
  const json body{{"parameters", {{"timeout", 1}}},
                  {"inputs",
                   {{{"name", "input"},
                     {"datatype", "UINT8"},
                     {"shape", {1, 28, 28, 1}},
                     {"data", std::vector<int>(784, 0)}}}}};
  EXPECT_EQ(HttpClient(server->port()).post("/v2/models/small/infer", body.dump()).status, 504);
}

TEST(ServerTest, ReloadsWithoutDroppingARequest) {
  std::atomic<int> generation{0};
  test::Lines notices;
  ServerOptions options = test_options();
  options.notice = notices.taker();
  const auto load = [&](const std::string& /*weights*/) {
    if (generation == 2) throw Error("damaged");
    Model model = test::small_model();
    if (generation == 1) std::ranges::fill(model.classes, "new");
    return model;
  };
  Server server({{.name = "small", .weights = "file"}}, load, options);
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      HttpClient client(server.port());
      const std::string png = encode_png(pattern(1));
      while (!stop) failed += client.post("/v1/predict", png).status != 200;
    });
  }
  const auto label = [&] {
    const Answer answer = HttpClient(server.port()).post("/v1/predict", encode_png(pattern(1)));
    return json::parse(answer.body)["predictions"][0]["top"][0]["label"].get<std::string>();
  };
  EXPECT_NE(label(), "new");
  generation = 1;
  for (int i = 0; i < 5; ++i) server.reload();
  EXPECT_EQ(label(), "new");
  generation = 2;
  server.reload();
  EXPECT_EQ(label(), "new");
  stop = true;
  clients.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(notices.all().back(), "small: keeps the weights that it has: damaged");
}

TEST(ServerTest, ServesModelsByName) {
  const auto load = [](const std::string& weights) {
    Model model = test::small_model();
    model.classes[0] = weights;
    return model;
  };
  Server server({{"a", "first"}, {"b", "second"}}, load, test_options());
  HttpClient client(server.port());
  const auto name = [&](const std::string& query) {
    return json::parse(client.post("/v1/predict" + query, encode_png(pattern(1))).body)["model"];
  };
  EXPECT_EQ(name(""), "a");
  EXPECT_EQ(name("?model=b"), "b");
  EXPECT_THROW(Server({{"a", "first"}, {"a", "second"}}, load, test_options()), Error);
}

}  // namespace
}  // namespace alexnet::serve
