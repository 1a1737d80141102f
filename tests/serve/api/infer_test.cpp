// Inference of the Open Inference Protocol.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/base64.h"
#include "serve/api/api_fixture.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::small_image;
using test::start_server;
using testing::HasSubstr;

class Infer : public test::ApiFixture {
 protected:
  json infer(const json& body, int status = 200) {
    return post("/v2/models/small/infer", body.dump(), {}, status);
  }
};

TEST_F(Infer, InfersJsonTensors) {
  json pixels = json::array();
  for (const int seed : {1, 2}) {
    for (const std::uint8_t byte : small_image(seed).pixels) pixels.push_back(byte);
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
    for (int x = 0; x < 28; ++x) row.push_back((small_image(1).at(y, x, 0) / 255.0 - 0.5) / 0.25);
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
              HasSubstr(fmt::format(":{}:{}", expected_[0].index, expected_[0].label)));
}

TEST_F(Infer, InfersBinaryTensorsBothWays) {
  const Image image = small_image(1);
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

TEST_F(Infer, InfersEncodedImages) {
  const json answer = infer(
      {{"inputs",
        {{{"name", "input"}, {"datatype", "BYTES"}, {"shape", {1}}, {"data", {to_base64(png_)}}}}},
       {"outputs", {{{"name", "probabilities"}}}}});
  EXPECT_NEAR(
      answer["outputs"][0]["data"][static_cast<std::size_t>(expected_[0].index)].get<double>(),
      expected_[0].probability, 1e-5);
}

// The same values in another order are another image.
TEST_F(Infer, NestedListsAreNestedAsTheShape) {
  const auto ask = [&](const std::vector<int>& nesting, int status) {
    json data = json::array();
    for (const std::uint8_t byte : small_image(1).pixels) data.push_back(byte);
    for (auto extent = nesting.rbegin(); extent != nesting.rend(); ++extent) {
      json lists = json::array();
      for (std::size_t i = 0; i < data.size(); i += static_cast<std::size_t>(*extent)) {
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(i);
        lists.push_back(json(json::array_t(begin, begin + *extent)));
      }
      data = std::move(lists);
    }
    return infer({{"inputs",
                   {{{"name", "input"},
                     {"datatype", "UINT8"},
                     {"shape", {1, 28, 28, 1}},
                     {"data", nesting.empty() ? data : data[0]}}}}},
                 status);
  };
  const json flat = ask({}, 200)["outputs"];
  EXPECT_EQ(ask({1, 28, 28, 1}, 200)["outputs"], flat);
  EXPECT_THAT(ask({1, 1, 28, 28}, 400)["error"],
              HasSubstr("nested as [1, 1, 28, 28] where its 'shape' says [1, 28, 28, 1]"));
  for (const auto& other :
       std::vector<std::vector<int>>{{28, 28}, {1, 28, 28}, {1, 784}, {784, 1}}) {
    ask(other, 400);
  }
}

TEST_F(Infer, ValuesComeFromOneSource) {
  json input{{"name", "input"}, {"datatype", "UINT8"}, {"shape", {1, 28, 28, 1}}};
  const std::string pixels(28 * 28, 'x');
  const auto ask = [&](const json& changes, int status, bool binary = true) {
    json changed = input;
    changed.update(changes);
    const std::string head = json{{"inputs", {changed}}}.dump();
    return post("/v2/models/small/infer", binary ? head + pixels : head,
                {{"Inference-Header-Content-Length", std::to_string(head.size())}}, status);
  };
  const json size{{"binary_data_size", 784}};
  const json data = std::vector<int>(784, 1);
  ask({{"parameters", size}}, 200);
  ask({{"parameters", size}, {"data", nullptr}}, 200);
  ask({{"data", data}}, 200, false);
  EXPECT_THAT(ask({{"parameters", size}, {"data", data}}, 400)["error"], HasSubstr("both 'data'"));
  EXPECT_THAT(ask({{"data", data}}, 400)["error"], HasSubstr("784 bytes follow the JSON"));
  EXPECT_THAT(ask(json::object(), 400)["error"], HasSubstr("has no 'binary_data_size'"));
  EXPECT_THAT(ask(json::object(), 400, false)["error"],
              HasSubstr("neither 'data' nor binary data"));
  EXPECT_THAT(ask({{"parameters", {{"binary_data_size", 783}}}}, 400)["error"],
              HasSubstr("says 783 where 784 bytes follow"));
  EXPECT_THAT(ask({{"parameters", {{"shared_memory_region", "r"}}}}, 400, false)["error"],
              HasSubstr("shared memory"));
}

TEST_F(Infer, NullIsNotGiven) {
  const json body{{"id", nullptr},
                  {"parameters", nullptr},
                  {"inputs",
                   {{{"name", "input"},
                     {"datatype", "UINT8"},
                     {"shape", {1, 28, 28, 1}},
                     {"parameters", {{"binary_data_size", nullptr}}},
                     {"data", std::vector<int>(784, 0)}}}},
                  {"outputs", nullptr}};
  EXPECT_EQ(infer(body)["outputs"].size(), 3U);
  json named = body;
  named["outputs"] = {{{"name", "logits"}, {"parameters", {{"binary_data", nullptr}}}}};
  EXPECT_EQ(infer(named)["outputs"].size(), 1U);
}

// 16 bits of a number: those of IEEE 754 binary16, or the upper half of a float.
TEST_F(Infer, InfersHalfPrecision) {
  std::string half;
  std::string bfloat;
  std::vector<float> exact;
  for (int i = 0; i < 28 * 28; ++i) {
    const float value = 0.25F * static_cast<float>(i % 9 - 4);
    exact.push_back(value);
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t exponent = bits >> 23U & 0xFFU;
    const std::uint32_t short_bits =
        value == 0 ? 0
                   : (bits >> 16U & 0x8000U) | (exponent - 112U) << 10U | (bits >> 13U & 0x3FFU);
    for (const std::uint32_t part : {short_bits & 255U, short_bits >> 8U}) {
      half += static_cast<char>(part);
    }
    for (const std::uint32_t part : {bits >> 16U & 255U, bits >> 24U}) {
      bfloat += static_cast<char>(part);
    }
  }
  const auto ask = [&](const std::string& datatype, const json& more, const std::string& binary) {
    json input{{"name", "input"}, {"datatype", datatype}, {"shape", {1, 1, 28, 28}}};
    input.update(more);
    const std::string head = json{{"inputs", {input}}}.dump();
    return post("/v2/models/small/infer", head + binary,
                {{"Inference-Header-Content-Length", std::to_string(head.size())}}, 200)["outputs"];
  };
  const json expected = ask("FP32", {{"data", exact}}, "");
  const json size{{"parameters", {{"binary_data_size", half.size()}}}};
  EXPECT_EQ(ask("FP16", size, half), expected);
  EXPECT_EQ(ask("BF16", size, bfloat), expected);
  EXPECT_EQ(ask("BF16", {{"data", exact}}, ""), expected);
}

TEST_F(Infer, ABodyWithoutJsonIsTheInput) {
  const auto ask = [&](const std::string& body) {
    return client_.post("/v2/models/small/infer", body, {{"Inference-Header-Content-Length", "0"}});
  };
  std::string floats;
  for (const std::uint8_t byte : small_image(1).pixels) {
    const float value = (static_cast<float>(byte) / 255.0F - 0.5F) / 0.25F;
    floats.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  for (const auto& [body, images] : {std::pair{floats + floats, 2}, std::pair{png_, 1}}) {
    const Answer answer = ask(body);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const std::size_t size = std::stoul(answer.header("Inference-Header-Content-Length"));
    const json described = json::parse(answer.body.substr(0, size));
    EXPECT_EQ(described["outputs"][2]["shape"], json({images, 10}));
    std::array<float, 10> values{};
    const std::size_t last = answer.body.size() - sizeof values;  // the probabilities are the last
    std::memcpy(values.data(), answer.body.data() + last, sizeof values);
    EXPECT_NEAR(values[static_cast<std::size_t>(expected_[0].index)], expected_[0].probability,
                1e-5);
  }
  EXPECT_EQ(ask(std::string(784, 'x')).status, 400);  // may be bytes, but is not said to be
  EXPECT_EQ(ask("").status, 400);
}

TEST_F(Infer, RefusesWhatItCannotInfer) {
  const auto input = [](const json::object_t& changes) {
    json tensor{{"name", "input"}, {"datatype", "UINT8"}, {"shape", {1, 28, 28, 1}}, {"data", {0}}};
    for (const auto& [key, value] : changes) tensor[key] = value;
    return json{{"inputs", {tensor}}};
  };
  EXPECT_THAT(infer(input({}), 400)["error"], HasSubstr("1 value where its shape says 784"));
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

// An idle server waits for more images, but not beyond the deadline.
TEST(InferDeadline, IsMetWhereABatchCouldWaitLonger) {
  ServerOptions options = test::test_options();
  options.batching.max_wait = std::chrono::seconds(5);
  const auto server = start_server(options);
  const json body{{"parameters", {{"timeout", 300'000}}},
                  {"inputs",
                   {{{"name", "input"},
                     {"datatype", "UINT8"},
                     {"shape", {1, 28, 28, 1}},
                     {"data", std::vector<int>(784, 0)}}}}};
  const auto begin = Clock::now();
  EXPECT_EQ(HttpClient(server->port()).post("/v2/models/small/infer", body.dump()).status, 200);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
}

TEST(InferDeadline, IsTheOneOfTheRequest) {
  const auto server = start_server();
  const json body{{"parameters", {{"timeout", 1}}},
                  {"inputs",
                   {{{"name", "input"},
                     {"datatype", "UINT8"},
                     {"shape", {1, 28, 28, 1}},
                     {"data", std::vector<int>(784, 0)}}}}};
  EXPECT_EQ(HttpClient(server->port()).post("/v2/models/small/infer", body.dump()).status, 504);
}

}  // namespace
}  // namespace alexnet::serve
