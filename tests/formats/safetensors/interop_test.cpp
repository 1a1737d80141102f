#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <numeric>
#include <string>
#include <vector>

#include "support/python_client.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

TEST(SafetensorsInterop, ThePackageLoadsWhatIsWrittenAndItsCopyIsReadBack) {
  const test::TempFolder folder;
  std::vector<NamedTensor> written;
  float begin = 0;
  for (const auto& [name, shape] :
       std::vector<std::pair<std::string, Shape>>{{"features.0.weight", {64, 3, 11, 11}},
                                                  {"features.0.bias", {64}},
                                                  {"classifier.1.weight", {1030, 256}}}) {
    Tensor tensor(shape);
    std::iota(tensor.values().begin(), tensor.values().end(), begin++);
    written.push_back({name, std::move(tensor)});
  }
  std::vector<NamedView> views;
  for (const auto& [name, tensor] : written) {
    views.push_back({name, {tensor.shape(), tensor.values()}});
  }
  const std::map<std::string, std::string> metadata{{"made by", "alexnet"}};
  write_safetensors(folder / "written.safetensors", views, metadata);

  const int status = test::run_python(
      "formats/safetensors/check_with_safetensors.py",
      (folder / "written.safetensors").string() + " " + (folder / "copy").string());
  if (status == test::kNoPackage) GTEST_SKIP() << "no python3 here has safetensors";
  ASSERT_EQ(status, 0);

  const Safetensors copy = read_safetensors(folder / "copy");
  EXPECT_EQ(copy.metadata, metadata);
  for (const auto& [name, tensor] : written) {
    EXPECT_EQ(copy.tensors.at(name).shape(), tensor.shape());
    EXPECT_THAT(copy.tensors.at(name).values(), testing::ElementsAreArray(tensor.values())) << name;
  }
}

}  // namespace
}  // namespace alexnet
