// Several models, and weights that change.
#include <alexnet/error.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "serve/api/api_fixture.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::small_png;
using test::test_options;

TEST(Models, ReloadsWithoutDroppingARequest) {
  std::atomic<int> generation{0};
  test::Lines notices;
  ServerOptions options = test_options();
  options.notice = notices.sink();
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
      const std::string png = small_png();
      while (!stop) failed += client.post("/v1/predict", png).status != 200;
    });
  }
  const auto label = [&] {
    const Answer answer = HttpClient(server.port()).post("/v1/predict", small_png());
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
  EXPECT_EQ(notices.all().back(), "small: keeps its weights, reloading failed: damaged");
}

TEST(Models, AReloadSaysHowTheClassesChanged) {
  test::Lines notices;
  ServerOptions options = test_options();
  options.notice = notices.sink();
  std::vector<std::string> classes = test::small_model().classes;
  const auto load = [&](const std::string& /*weights*/) {
    Model model = test::small_model();
    model.classes = classes;
    return model;
  };
  Server server({{.name = "small", .weights = "file"}}, load, options);
  const auto reload_with = [&](std::vector<std::string> others) {
    classes = std::move(others);
    server.reload();
    return notices.all().back();
  };
  std::vector<std::string> changed = classes;
  EXPECT_EQ(reload_with(changed), "small: reloaded file");
  std::ranges::reverse(changed);
  EXPECT_EQ(reload_with(changed), "small: warning: its classes are in another order");
  changed[2] = "shoe";
  EXPECT_EQ(reload_with(changed), "small: warning: 1 of its classes are new (shoe), 1 are gone");
  for (std::string& name : changed) name += " of old";
  EXPECT_EQ(reload_with(changed), "small: warning: none of its classes has its name any more");
}

TEST(Models, ServesModelsByName) {
  const auto load = [](const std::string& weights) {
    Model model = test::small_model();
    model.classes[0] = weights;
    return model;
  };
  Server server({{"a", "first"}, {"b", "second"}}, load, test_options());
  HttpClient client(server.port());
  const auto name = [&](const std::string& query) {
    return json::parse(client.post("/v1/predict" + query, small_png()).body)["model"];
  };
  EXPECT_EQ(name(""), "a");
  EXPECT_EQ(name("?model=b"), "b");
  EXPECT_THROW(Server({{"a", "first"}, {"a", "second"}}, load, test_options()), Error);
}

}  // namespace
}  // namespace alexnet::serve
