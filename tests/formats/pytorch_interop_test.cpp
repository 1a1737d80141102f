#include <alexnet/pytorch.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "temp_folder.h"

namespace alexnet {
namespace {

constexpr int kNoTorch = 77;     // check_with_pytorch.py's answer
constexpr int kNoProgram = 127;  // the shell's

// Debian's torch belongs to Debian's python, which need not be first in the path.
std::vector<std::string> pythons() {
  const char* chosen = std::getenv("ALEXNET_TEST_PYTHON");
  if (chosen != nullptr) return {chosen};
  return {"python3", "/usr/bin/python3"};
}

// check_with_pytorch.py's exit code by the first python that has torch, else kNoTorch.
int check_with_pytorch(const std::string& arguments) {
  for (const std::string& python : pythons()) {
    const std::string command =
        python + " " ALEXNET_TESTS_DIR "/formats/check_with_pytorch.py " + arguments;
    const int status = WEXITSTATUS(std::system(command.c_str()));
    if (status != kNoTorch && status != kNoProgram) return status;
  }
  return kNoTorch;
}

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
      check_with_pytorch((folder / "written.pth").string() + " " + (folder / "copy.pth").string());
  if (status == kNoTorch) GTEST_SKIP() << "no python3 here has torch";
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
