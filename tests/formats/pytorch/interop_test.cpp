#include <alexnet/engine.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/file.h"
#include "support/python_client.h"
#include "support/temp_folder.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

Parameters counting() {
  Parameters parameters;
  float begin = 0;
  for (const auto& [name, shape] :
       std::vector<std::pair<std::string, Shape>>{{"features.0.weight", {64, 3, 11, 11}},
                                                  {"features.0.bias", {64}},
                                                  {"classifier.1.weight", {1030, 256}},
                                                  {"classifier.1.bias", {1030}}}) {
    Tensor tensor(shape);
    std::iota(tensor.values().begin(), tensor.values().end(), begin++);
    parameters.add(name, std::move(tensor));
  }
  return parameters;
}

TEST(PytorchInterop, PytorchLoadsWhatIsWrittenAndItsCopyIsReadBack) {
  const test::TempFolder folder;
  const Parameters written = counting();
  std::vector<NamedView> views;
  for (const auto& [name, tensor] : written)
    views.push_back({name, {tensor.shape(), tensor.values()}});
  write_pytorch(folder / "written.pth", views);

  const int status =
      test::run_python("formats/pytorch/check_with_pytorch.py",
                       (folder / "written.pth").string() + " " + (folder / "copy.pth").string());
  if (status == test::kNoPackage) GTEST_SKIP() << "no python3 here has torch";
  ASSERT_EQ(status, 0);

  const Parameters copy = read_pytorch(folder / "copy.pth");
  ASSERT_EQ(copy.size(), written.size());
  for (const auto& [name, tensor] : written) {
    EXPECT_EQ(copy.at(name).shape(), tensor.shape());
    EXPECT_THAT(copy.at(name).values(), testing::ElementsAreArray(tensor.values())) << name;
  }
  EXPECT_TRUE(copy.at("classifier.1.weight").is_borrowed());
}

// torchvision's whole network, there and back, and the same scores on both sides.
TEST(PytorchInterop, AlexnetGivesTheSameScoresThereAndHere) {
  const test::TempFolder folder;
  const Architecture net = make_network("alexnet", {.classes = 10, .image_size = 64});
  Model model{.architecture = net,
              .parameters = initialize(net, Initializer::he, 1),
              .classes = std::vector<std::string>(10, "class"),
              .preprocess = {.resize = 64, .crop = 64, .channels = 3},
              .normalization = {},
              .provenance = {}};
  save_model(folder / "ours.pth", model);
  const Tensor images = random_normal({2, 3, 64, 64}, 1);
  write_text_file(folder / "images",
                  {reinterpret_cast<const char*>(images.data()), images.values().size_bytes()});
  const auto path = [&](const char* name) { return (folder / name).string(); };
  const int status = test::run_python(
      "formats/pytorch/check_alexnet_with_pytorch.py",
      path("ours.pth") + " " + path("images") + " " + path("logits") + " " + path("theirs.pth"));
  if (status == test::kNoPackage) GTEST_SKIP() << "no python3 here has torch";
  ASSERT_EQ(status, 0);

  Model theirs = load_model(folder / "theirs.pth", {.image_size = 64});
  EXPECT_EQ(theirs.architecture, net);
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(std::ranges::equal(theirs.parameters.at(name).values(), tensor.values())) << name;
  }
  const std::string answer = read_text_file(folder / "logits");
  std::vector<float> expected(20);
  ASSERT_EQ(answer.size(), expected.size() * sizeof(float));
  std::memcpy(expected.data(), answer.data(), answer.size());
  const auto parameters = std::make_shared<const Parameters>(std::move(theirs.parameters));
  const auto plan = compile(net, parameters, {{.max_batch = 2}});
  EXPECT_LT(tolerances::relative_error(plan->run(Images(images)).logits.values, expected), 1e-5);
}

}  // namespace
}  // namespace alexnet
