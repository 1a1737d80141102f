// Prediction as TensorFlow Serving and KServe's first protocol have it.
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "serve/api/api_fixture.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::small_image;
using testing::HasSubstr;

class Instances : public test::ApiFixture {
 protected:
  json ask(const json& body, int status = 200) {
    return post("/v1/models/small:predict", body.dump(), {}, status);
  }
  // Rows and columns of an image, each value as `value` makes it.
  template <class Value>
  static json rows(const Value& value) {
    json rows = json::array();
    for (int y = 0; y < 28; ++y) {
      json row = json::array();
      for (int x = 0; x < 28; ++x) row.push_back(value(small_image(1).at(y, x, 0)));
      rows.push_back(std::move(row));
    }
    return rows;
  }
  void expect_probabilities(const json& row) const {
    ASSERT_EQ(row.size(), 10U);
    for (const Prediction& p : expected_) {
      EXPECT_NEAR(row[static_cast<std::size_t>(p.index)].get<double>(), p.probability, 1e-5);
    }
  }
};

TEST_F(Instances, TakesFilesPixelsAndNormalisedValues) {
  const std::string file = to_base64(png_);
  const json pixels = rows([](int byte) { return json::array({byte}); });
  const json plane = rows([](int byte) { return (byte / 255.0 - 0.5) / 0.25; });
  for (const json& instance : {json(file), json{{"b64", file}}, json{{"image", {{"b64", file}}}},
                               pixels, json::array({plane})}) {
    const json answer = ask({{"instances", json::array({instance, instance})}});
    ASSERT_EQ(answer["predictions"].size(), 2U);
    for (const json& row : answer["predictions"]) expect_probabilities(row);
  }
  expect_probabilities(
      ask({{"inputs", json::array({file})}, {"instances", nullptr}})["outputs"][0]);
  expect_probabilities(ask({{"inputs", {{"input", json::array({pixels})}}}})["outputs"][0]);
  expect_probabilities(
      post("/v1/models/small/versions/1:predict",
           json{{"signature_name", "serving_default"}, {"instances", {file}}}.dump(), {},
           200)["predictions"][0]);
}

TEST_F(Instances, SaysWhetherAModelIsThere) {
  const json status = json::parse(client_.get("/v1/models/small").body);
  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["model_version_status"][0]["state"], "AVAILABLE");
  EXPECT_EQ(client_.get("/v1/models/large").status, 404);
}

TEST_F(Instances, RefusesWhatItCannotPredict) {
  const auto error = [&](const json& body) { return ask(body, 400)["error"].get<std::string>(); };
  EXPECT_THAT(error(json::object()), HasSubstr("either 'instances' or 'inputs'"));
  EXPECT_THAT(error({{"instances", {0}}, {"inputs", {0}}}), HasSubstr("either"));
  EXPECT_THAT(error({{"instances", 3}}), HasSubstr("must be a list of images"));
  EXPECT_THAT(error({{"instances", json::array()}}), HasSubstr("no image"));
  EXPECT_THAT(error({{"instances", {{1, 2}}}}),
              HasSubstr("nested as [1, 2]; give each image as 28"));
  json pixels = json::array({rows([](int /*byte*/) { return json::array({0.5}); })});
  EXPECT_THAT(error({{"instances", pixels}}), HasSubstr("0 to 255"));
  ask({{"instances", {to_base64("no image")}}}, 415);
  post("/v1/models/large:predict", "{}", {}, 404);
  post("/v1/models/small/versions/2:predict", "{}", {}, 404);
}

}  // namespace
}  // namespace alexnet::serve
