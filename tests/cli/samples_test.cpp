#include <alexnet/dataset.h>
#include <gmock/gmock.h>

#include "cli/program.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

TEST(SamplesCommand, WritesEvenlySpreadImagesByIndexAndClass) {
  const TempFolder folder;
  write_idx_dataset(folder / "data", 20, 12, 1);
  const fs::path data = folder / "data";
  const fs::path out = folder / "samples";
  const Outcome outcome = run_program({"samples", data, "--out", out, "--count", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(out)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  EXPECT_THAT(names, ElementsAre("0000-0.png", "0004-4.png", "0008-8.png"));
  EXPECT_EQ(read_image(out / "0004-4.png", 1).pixels,
            open_dataset(data.string(), Split::test)->sample(4).image.pixels);
}

TEST(SamplesCommand, AFullSetIsNotExceeded) {
  const TempFolder folder;
  write_class_folders(folder / "data" / "train", {"cat", "dog"}, 2, 8, 1);
  const fs::path out = folder / "samples";
  const Outcome outcome = run_program(
      {"samples", (folder / "data").string(), "--out", out, "--count", "99", "--split", "train"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(std::distance(fs::directory_iterator(out), {}), 4);
  EXPECT_EQ(read_image(out / "0003-dog.png", 3).channels, 3);
}

}  // namespace
}  // namespace alexnet::test
