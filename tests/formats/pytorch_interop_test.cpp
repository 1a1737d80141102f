#include <alexnet/pytorch.h>
#include <gmock/gmock.h>

#include <numeric>
#include <string>
#include <vector>

#include "formats/python_client.h"
#include "temp_folder.h"

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

TEST(PytorchInteropTest, PytorchLoadsWhatIsWrittenAndItsCopyIsReadBack) {
  const test::TempFolder folder;
  const Parameters written = counting();
  std::vector<NamedView> views;
  for (const auto& [name, tensor] : written)
    views.push_back({name, {tensor.shape(), tensor.values()}});
  write_pytorch(folder / "written.pth", views);

  const int status =
      test::run_python("check_with_pytorch.py",
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

}  // namespace
}  // namespace alexnet
