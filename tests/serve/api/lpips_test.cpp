#include <alexnet/lpips.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base64.h"
#include "data/image/png_writer.h"
#include "serve/test_server.h"
#include "support/trunk_model.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using testing::HasSubstr;

Image noise(int height, int width, std::uint64_t seed) {
  RandomStream stream({.seed = seed});
  Image image{.height = height, .width = width, .channels = 3, .pixels = {}};
  for (int i = 0; i < 3 * height * width; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
  }
  return image;
}

class LpipsEndpoint : public testing::Test {
 protected:
  json post(const json& body, int status, const std::string& query = "") {
    const Answer answer =
        client_.post("/v1/lpips" + query, body.dump(), {{"Content-Type", "application/json"}});
    EXPECT_EQ(answer.status, status) << answer.body.substr(0, 500);
    return json::parse(answer.body, nullptr, false);
  }

  std::string post_form(const std::string& body, int status) {
    const Answer answer =
        client_.post("/v1/lpips", body, {{"Content-Type", "multipart/form-data; boundary=B"}});
    EXPECT_EQ(answer.status, status) << answer.body.substr(0, 500);
    return answer.body;
  }

  static std::string part(const std::string& name, const std::string& content) {
    return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content +
           "\r\n";
  }

  const Image reference_ = noise(40, 50, 1);
  const Image image_ = noise(40, 50, 2);
  const json pair_{{"reference", to_base64(encode_png(reference_))},
                   {"image", to_base64(encode_png(image_))}};
  std::unique_ptr<Server> server_ = std::make_unique<Server>(
      std::vector<ModelSource>{{.name = "trunk", .weights = "memory"},
                               {.name = "small", .weights = "grey"}},
      [](const std::string& weights) {
        return weights == "grey" ? test::small_model() : test::trunk_classifier();
      },
      test::test_options());
  HttpClient client_{server_->port()};
};

TEST_F(LpipsEndpoint, GivesTheLibrarysDistance) {
  const json answer = post(pair_, 200);
  const LpipsDistance expected =
      Lpips(test::trunk_classifier(), {.threads = 1}).distance(reference_, image_);
  EXPECT_NEAR(answer["distance"].get<double>(), expected.distance, 1e-6 * expected.distance);
  EXPECT_EQ(answer["layers"].size(), 5U);
  EXPECT_EQ(answer["model"], "trunk");
  EXPECT_EQ(answer["version"], "0.1");
  EXPECT_EQ(answer["transparent"], (json{{"reference", false}, {"image", false}}));
  EXPECT_TRUE(answer["milliseconds"].contains("compute"));
  EXPECT_FALSE(answer.contains("map"));
  const json same = post({{"reference", pair_["image"]}, {"image", pair_["image"]}}, 200);
  EXPECT_EQ(same["distance"], 0);
}

TEST_F(LpipsEndpoint, TakesAForm) {
  const std::string body = part("reference", encode_png(reference_)) +
                           part("image", encode_png(image_)) + part("map", "true") + "--B--\r\n";
  const json answer = json::parse(post_form(body, 200));
  EXPECT_EQ(answer["distance"], post(pair_, 200)["distance"]);
  EXPECT_TRUE(answer.contains("map"));
}

TEST_F(LpipsEndpoint, TellsWhereImagesDiffer) {
  const json answer = post(pair_, 200, "?map=1");
  const Tensor map = Lpips(test::trunk_classifier(), {.threads = 1}).map(reference_, image_);
  EXPECT_NEAR(answer["map"]["maximum"].get<float>(), *std::ranges::max_element(map.values()), 1e-5);
  const auto png = from_base64(answer["map"]["overlay"].get<std::string>());
  const Image overlay = decode_image(
      {reinterpret_cast<const std::uint8_t*>(png.value().data()), png->size()}, {.channels = 3});
  EXPECT_EQ(overlay.size(), Size(40, 50));
}

TEST_F(LpipsEndpoint, ModelsSayWhetherTheyCompare) {
  const json models = json::parse(client_.get("/v1/models").body)["models"];
  EXPECT_EQ(models[0]["lpips"], true);
  EXPECT_EQ(models[1]["lpips"], false);
}

TEST_F(LpipsEndpoint, IsMeasured) {
  post(pair_, 200);
  const std::string metrics = client_.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("alexnet_images_total{model=\"trunk\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("alexnet_compute_seconds_count{model=\"trunk\"} 1\n"));
}

TEST_F(LpipsEndpoint, RefusesWhatItCannotCompare) {
  const auto detail = [&](const json& body, int status) {
    return post(body, status)["detail"].get<std::string>();
  };
  json body = pair_;
  body.erase("image");
  EXPECT_THAT(detail(body, 400), HasSubstr("the request has no image"));
  body["image"] = "?";
  EXPECT_THAT(detail(body, 400), HasSubstr("the image is not base64"));
  body["image"] = to_base64("text");
  EXPECT_THAT(detail(body, 415), HasSubstr("the image is none of JPEG"));
  body["image"] = to_base64(encode_png(noise(40, 51, 1)));
  EXPECT_THAT(detail(body, 400), HasSubstr("40x50 and 40x51 pixels cannot be compared"));
  body = pair_;
  body["model"] = "small";
  EXPECT_THAT(detail(body, 400), HasSubstr("'small' cannot compare images"));
  body = pair_;
  body["top"] = 3;
  EXPECT_THAT(detail(body, 400), HasSubstr("there is no parameter 'top'"));
  EXPECT_THAT(post_form(part("image", "x") + part("image", "x") + "--B--\r\n", 400),
              HasSubstr("the image is given twice"));
  EXPECT_EQ(client_.post("/v1/lpips", "x").status, 415);
}

}  // namespace
}  // namespace alexnet::serve
