// What Triton has beside the protocol: models that come and go, configuration, statistics.
#include <alexnet/error.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "serve/api/api_fixture.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::small_png;
using test::test_options;
using testing::HasSubstr;

class Repository : public testing::Test {
 protected:
  static ServerOptions options(test::Lines& notices) {
    ServerOptions options = test_options();
    options.model_control = true;
    options.notice = notices.sink();
    return options;
  }
  Model load(const std::string& /*weights*/) {
    ++loads_;
    if (damaged_) throw Error("damaged", ErrorKind::bad_input);
    return test::small_model();
  }
  int post(const std::string& path, const std::string& body = "{}") {
    return client_.post(path, body).status;
  }
  json index(const std::string& body = "{}") {
    return json::parse(client_.post("/v2/repository/index", body).body);
  }

  std::atomic<int> loads_{0};
  std::atomic<bool> damaged_{false};
  test::Lines notices_;
  Server server_{{{"a", "first"}, {"b", "second"}},
                 [this](const std::string& weights) { return load(weights); },
                 options(notices_)};
  HttpClient client_{server_.port()};
};

TEST_F(Repository, ModelsAreUnloadedAndLoaded) {
  EXPECT_EQ(index(), json({{{"name", "a"}, {"version", "1"}, {"state", "READY"}, {"reason", ""}},
                           {{"name", "b"}, {"version", "1"}, {"state", "READY"}, {"reason", ""}}}));
  EXPECT_EQ(post("/v2/repository/models/a/unload", R"({"parameters":{"unload_dependents":false}})"),
            200);
  EXPECT_EQ(index()[0]["state"], "UNAVAILABLE");
  EXPECT_EQ(index(R"({"ready":true})").size(), 1U);
  const Answer gone = client_.post("/v1/predict?model=a", small_png());
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr("'a' is not loaded"));
  EXPECT_EQ(json::parse(client_.post("/v1/predict", small_png()).body)["model"], "b");
  server_.reload();  // only what is loaded
  EXPECT_EQ(loads_, 3);
  EXPECT_EQ(post("/v2/repository/models/a/load"), 200);
  EXPECT_EQ(notices_.all().back(), "a: loaded first");
  EXPECT_EQ(json::parse(client_.post("/v1/predict", small_png()).body)["model"], "a");
}

TEST_F(Repository, AModelThatCannotBeLoadedStaysAsItWas) {
  damaged_ = true;
  EXPECT_EQ(post("/v2/repository/models/a/load"), 400);
  EXPECT_EQ(notices_.all().back(), "a: keeps its weights, reloading failed: damaged");
  EXPECT_EQ(client_.post("/v1/predict", small_png()).status, 200);
  EXPECT_EQ(post("/v2/repository/models/b/unload"), 200);
  EXPECT_EQ(post("/v2/repository/models/b/load"), 400);
  EXPECT_EQ(notices_.all().back(), "b: loading failed: damaged");
  EXPECT_EQ(index()[1]["state"], "UNAVAILABLE");
  EXPECT_EQ(post("/v2/repository/models/a/unload"), 200);
  const Answer none = client_.post("/v1/predict", small_png());
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr("no model is loaded"));
  EXPECT_EQ(json::parse(client_.get("/v1/models").body)["models"], json::array());
}

TEST_F(Repository, RefusesOthersWeights) {
  EXPECT_EQ(post("/v2/repository/models/c/load"), 404);
  EXPECT_EQ(post("/v2/repository/models/c/unload"), 404);
  EXPECT_EQ(post("/v2/repository/models/a/load", R"({"parameters":{"config":"{}"}})"), 400);
}

using ModelsOfTriton = test::ApiFixture;

TEST_F(ModelsOfTriton, AreControlledOnlyWhereThatIsAllowed) {
  for (const char* path :
       {"/v2/repository/models/small/load", "/v2/repository/models/small/unload"}) {
    EXPECT_THAT(post(path, "{}", {}, 403)["error"], HasSubstr("--model-control"));
  }
  EXPECT_EQ(json::parse(client_.post("/v2/repository/index", "").body).size(), 1U);
}

TEST_F(ModelsOfTriton, HaveAConfiguration) {
  for (const char* path : {"/v2/models/small/config", "/v2/models/small/versions/1/config"}) {
    const json config = json::parse(client_.get(path).body);
    EXPECT_EQ(config["max_batch_size"], 16);
    EXPECT_EQ(config["input"][0]["dims"], json({1, 28, 28}));
    EXPECT_EQ(config["output"][2]["dims"], json::array({10}));
  }
}

TEST_F(ModelsOfTriton, HaveStatistics) {
  post("/v1/predict", png_, {}, 200);
  post("/v1/predict", png_, {}, 200);
  post("/v1/predict", "no image", {}, 415);
  for (const char* path : {"/v2/models/small/stats", "/v2/models/stats"}) {
    const json stats = json::parse(client_.get(path).body)["model_stats"][0];
    EXPECT_EQ(stats["name"], "small");
    EXPECT_EQ(stats["inference_count"], 2);
    EXPECT_EQ(stats["execution_count"], 2);
    EXPECT_EQ(stats["inference_stats"]["success"]["count"], 2);
    EXPECT_EQ(stats["inference_stats"]["fail"]["count"], 0);
    EXPECT_GT(stats["inference_stats"]["compute_infer"]["ns"], 0);
    EXPECT_GT(stats["last_inference"], 0);
  }
}

TEST_F(ModelsOfTriton, SayWhatTheyAreMadeFor) {
  const json metadata = json::parse(client_.get("/v2/models/small").body);
  const json& parameters = metadata["parameters"];
  EXPECT_EQ(parameters["classes"], json({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  EXPECT_EQ(parameters["preprocess"]["channels"], 1);
  EXPECT_EQ(parameters["normalization"]["deviation"], json::array({0.25}));
  EXPECT_THAT(parameters["image_formats"], testing::Contains("WebP"));
  EXPECT_EQ(parameters["accepted_inputs"][0], metadata["inputs"][0]);
  EXPECT_EQ(parameters["accepted_inputs"][3],
            json({{"name", "input"}, {"datatype", "UINT8"}, {"shape", {-1, 28, 28, 1}}}));
  EXPECT_EQ(json::parse(client_.get("/v1/models").body)["models"][0]["normalization"],
            parameters["normalization"]);
}

}  // namespace
}  // namespace alexnet::serve
