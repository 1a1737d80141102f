// POST /v1/predict.
#include <alexnet/explain.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "engine/store_matrix.h"
#include "serve/api/api_fixture.h"
#include "support/paths.h"
#include "support/temp_data.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::small_png;
using test::start_server;
using test::test_options;
using testing::HasSubstr;

class Predict : public test::ApiFixture {
 protected:
  json predict(const std::string& body, const std::string& type, int status = 200) {
    return post("/v1/predict?top=3", body, {{"Content-Type", type}}, status);
  }
};

TEST_F(Predict, PredictsAsPredictDoesWhateverTheForm) {
  for (const char* type : {"image/png", "application/octet-stream", "image/jpeg"}) {
    expect_as_predicted(predict(png_, type)["predictions"][0]["top"]);
  }
  const std::string part = "\r\nContent-Disposition: form-data; name=\"";
  const json form =
      predict("--x" + part + "a\"; filename=\"one.png\"\r\n\r\n" + png_ + "\r\n--x" + part +
                  "image\"\r\n\r\n" + png_ + "\r\n--x" + part + "top\"\r\n\r\n7\r\n--x--\r\n",
              "multipart/form-data; boundary=x");
  EXPECT_EQ(form["predictions"][0]["image"], "one.png");
  EXPECT_EQ(form["predictions"][1]["image"], "image 2");
  ASSERT_EQ(form["predictions"].size(), 2U);
  for (const json& prediction : form["predictions"]) expect_as_predicted(prediction["top"]);
  const json listed = predict(
      json{{"images", {to_base64(png_), "data:image/png;base64," + to_base64(png_)}}}.dump(),
      "application/json");
  ASSERT_EQ(listed["predictions"].size(), 2U);
  for (const json& prediction : listed["predictions"]) expect_as_predicted(prediction["top"]);
  EXPECT_EQ(listed["model"], "small");
}

TEST_F(Predict, PredictsImagesOfEveryFormat) {
  for (const std::string name : {"lossy.webp", "raw.tif", "plain.gif", "color.bmp", "xmp.jpg"}) {
    const test::Bytes file =
        test::read_bytes(tests_folder() / "data/image/fixtures/formats" / name);
    const json answer = predict({file.begin(), file.end()}, "application/octet-stream");
    EXPECT_EQ(answer["predictions"].size(), 1U) << name;
  }
}

TEST_F(Predict, RefusesWhatItCannotPredict) {
  EXPECT_THAT(predict("%PDF-1.7", "image/gif", 415)["detail"], HasSubstr("is none of JPEG, PNG"));
  EXPECT_THAT(predict("GIF89a", "image/gif", 422)["detail"], HasSubstr("cannot be decoded"));
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
}

TEST_F(Predict, RefusesAnImageOfTooManyPixelsBeforeItIsDecoded) {
  ServerOptions options = test_options();
  options.max_pixels = 28 * 28 - 1;
  const auto server = start_server(options);
  const Answer answer = HttpClient(server->port()).post("/v1/predict", png_);
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("28 x 28 pixels"));
}

TEST_F(Predict, ExplainsOneImage) {
  const json answer = post("/v1/predict?explain=true&top=3", png_, {}, 200);
  expect_as_predicted(answer["predictions"][0]["top"]);
  const json explanation = answer["predictions"][0]["explanation"];
  EXPECT_EQ(explanation["label"], expected_[0].label);
  const auto picture = [&](const char* name) {
    const auto png = from_base64(explanation[name].get<std::string>());
    return decode_image({reinterpret_cast<const std::uint8_t*>(png.value().data()), png->size()},
                        {.channels = 3, .source = name});
  };
  EXPECT_EQ(picture("overlay").width, 28);
  EXPECT_EQ(picture("scale").pixels, overlay_scale(1, 128).pixels);
  const Heat map = Explainer(test::small_model(), {.threads = 1})
                       .grad_cam(test::small_image(1), expected_[0].index);
  EXPECT_NEAR(explanation["maximum"].get<float>(), std::ranges::max(map.values), 1e-5);
  post("/v1/predict?explain=true", json{{"images", {to_base64(png_), to_base64(png_)}}}.dump(),
       {{"Content-Type", "application/json"}}, 400);
}

TEST_F(Predict, ExplanationsAreMeasuredToo) {
  post("/v1/predict?explain=true", png_, {}, 200);
  const std::string metrics = client_.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("alexnet_images_total{model=\"small\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("alexnet_compute_seconds_count{model=\"small\"} 1\n"));
}

TEST(Predicting, ImagesNeedNotBeSquare) {
  const auto load = [](const std::string& /*weights*/) {
    Model model = test::small_model();
    model.architecture.width = 36;
    model.parameters = initialize(model.architecture, Initializer::he, 1);
    model.preprocess = {.resize = {30, 36}, .crop = {28, 36}, .channels = 1};
    return model;
  };
  const Server server({{.name = "small", .weights = "memory"}}, load, test_options());
  const Image image = test::pattern(3, 60, 1, 5, 0);
  HttpClient client(server.port());
  const Answer answer = client.post("/v1/predict?explain=true", encode_png(image));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json prediction = json::parse(answer.body)["predictions"][0];
  const std::vector<Prediction> expected = Classifier(load("")).classify(image, 1);
  EXPECT_EQ(prediction["top"][0]["index"], expected[0].index);
  EXPECT_NEAR(prediction["top"][0]["probability"].get<double>(), expected[0].probability, 1e-5);
  const auto overlay = from_base64(prediction["explanation"]["overlay"].get<std::string>());
  ASSERT_TRUE(overlay);
  const Image heat =
      decode_image({reinterpret_cast<const std::uint8_t*>(overlay->data()), overlay->size()},
                   {.channels = 3, .source = "overlay"});
  EXPECT_EQ(heat.size(), (Size{28, 36}));
}

class NarrowWeights : public testing::TestWithParam<Precision> {
 protected:
  NarrowWeights() : server_({{.name = "small", .weights = "memory"}}, load(), options()) {}

  std::function<Model(const std::string&)> load() {
    return [this](const std::string& /*weights*/) {
      ++loaded_;
      Model model = test::small_model();
      model.parameters.begin()->tensor[0] += offset_;
      return model;
    };
  }
  static ServerOptions options() {
    ServerOptions options = test_options();
    options.precision = GetParam();
    return options;
  }
  Answer post(const std::string& path) {
    return HttpClient(server_.port()).post(path, small_png());
  }

  std::atomic<int> loaded_ = 0;
  std::atomic<float> offset_ = 0.0F;
  Server server_;
};

TEST_P(NarrowWeights, AreReadInFullWhenAnExplanationIsFirstAskedFor) {
  EXPECT_EQ(post("/v1/predict").status, 200);
  EXPECT_EQ(loaded_, 1);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(post("/v1/predict?explain=true").status, 200);
    EXPECT_EQ(loaded_, 2);
  }
}

TEST_P(NarrowWeights, ThatHaveChangedExplainNothing) {
  offset_ = 0.5F;
  const Answer answer = post("/v1/predict?explain=true");
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body, HasSubstr("have changed since they were loaded"));
}

INSTANTIATE_TEST_SUITE_P(Halves, NarrowWeights, testing::Values(Precision::fp16, Precision::bf16));

TEST(StoredWeights, PredictAndExplain) {
  const auto load = [](const std::string& /*weights*/) {
    Model model = test::small_model();
    for (NamedTensor& entry : model.parameters) {
      const bool is_matrix = entry.tensor.shape().size() == 2;
      if (is_matrix) entry.tensor = store_matrix(entry.tensor, Precision::int8);
    }
    return model;
  };
  ServerOptions options = test_options();
  options.precision = Precision::int8;
  const Server server({{.name = "small", .weights = "memory"}}, load, options);
  for (const char* path : {"/v1/predict", "/v1/predict?explain=true"}) {
    EXPECT_EQ(HttpClient(server.port()).post(path, small_png()).status, 200) << path;
  }
}

TEST(Explanation, IsOfTheSameInput) {
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
    EXPECT_EQ(answer.status, 200) << answer.body;
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

}  // namespace
}  // namespace alexnet::serve
