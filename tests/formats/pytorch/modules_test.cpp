// Whole modules and scripts, as commands load them: nothing but their tensors counts.
#include <alexnet/model.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "core/file.h"
#include "formats/pytorch/file.h"
#include "support/case_name.h"
#include "support/paths.h"

namespace alexnet {
namespace {

const std::filesystem::path kFolder = tests_folder() / "formats/pytorch/fixtures";

class PytorchModules : public ::testing::TestWithParam<std::string> {};

TEST_P(PytorchModules, AreLoadedAsTheirStateDict) {
  const Model wanted = load_model(kFolder / "modules/1.13-state_dict.pth");
  const Model model = load_model(kFolder / ("modules/1.13-" + GetParam() + ".pth"));
  EXPECT_EQ(model.architecture, wanted.architecture);
  ASSERT_EQ(model.parameters.size(), wanted.parameters.size());
  for (const auto& [name, tensor] : wanted.parameters) {
    EXPECT_TRUE(std::ranges::equal(model.parameters.at(name).values(), tensor.values())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, PytorchModules,
                         ::testing::Values("module", "parallel", "sequential", "in_dict",
                                           "in_object", "script", "trace"),
                         kCaseName);

TEST(PytorchModules, ListNothingButTensors) {
  for (const std::string version : {"1.13", "2.15"}) {
    for (const std::string kind : {"whole_module", "torchscript"}) {
      const auto path = kFolder / fmt::format("{}-{}.zip.pth", version, kind);
      const auto file = std::make_shared<MappedFile>(path);
      for (const ListedTensor& tensor : list_pytorch(file, path.string())) {
        EXPECT_TRUE(tensor.shape.has_value()) << path << " " << tensor.name;
      }
    }
  }
}

}  // namespace
}  // namespace alexnet
