#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(InfoTest, ListsLayersAndTotals) {
  const Outcome outcome = run_program({"info", "alexnet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("features.0"), HasSubstr("64 @ 11x11, stride 4"),
                    HasSubstr("(64, 55, 55)"), HasSubstr("61,100,840"), HasSubstr("714,188,480")));
}

TEST(InfoTest, PrintsOneJsonObject) {
  const Outcome outcome = run_program({"info", "alexnet", "--in-channels", "1", "--classes", "10",
                                       "--image-size", "64", "--plan", "--json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  const json info = json::parse(outcome.out);
  EXPECT_EQ(info["parameters"], 57'029'322);
  EXPECT_EQ(info["classes"], 10);
  EXPECT_EQ(info["input"], (json{1, 64, 64}));
  EXPECT_EQ(info["layers"].size(), 23U);
  EXPECT_EQ(info["layers"][0]["parameters"], 7808);
  EXPECT_FALSE(info["plan"].empty());
}

TEST(InfoTest, SaysWhatIsWrong) {
  const Outcome unknown = run_program({"info", "vgg"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("'vgg'"), HasSubstr("alexnet-2012")));
  const Outcome small = run_program({"info", "alexnet", "--image-size", "62"});
  EXPECT_EQ(small.code, 1);
  EXPECT_THAT(small.err, HasSubstr("use a larger image"));
}

}  // namespace
}  // namespace alexnet::test
