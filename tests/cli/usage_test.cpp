#include <alexnet/version.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/program.h"
#include "support/case_name.h"

namespace alexnet::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Usage, WithoutACommandItShowsHelp) {
  const Outcome outcome = run_program({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  for (const char* command : {"train", "eval", "predict", "info", "bench", "samples", "serve"}) {
    EXPECT_THAT(outcome.err, HasSubstr(command));
  }
}

TEST(Usage, PrintsItsVersion) {
  const Outcome outcome = run_program({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, fmt::format("alexnet {}\n", version()));
}

struct Misuse {
  std::vector<std::string> arguments;
  std::string sentence;
};

void PrintTo(const Misuse& misuse, std::ostream* out) {
  *out << fmt::format("{}", fmt::join(misuse.arguments, " "));
}

class MisusedCommand : public testing::TestWithParam<Misuse> {};

TEST_P(MisusedCommand, IsOneSentenceAndExitCodeTwo) {
  const Outcome outcome = run_program(GetParam().arguments);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, AllOf(StartsWith("alexnet: "), HasSubstr(GetParam().sentence)));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Options, MisusedCommand,
    testing::Values(Misuse{{"fly"}, "there is no command 'fly'"},
                    Misuse{{"--fast"}, "there is no option --fast"},
                    Misuse{{"train", "x", "--fast"}, "there is no option --fast"},
                    Misuse{{"train", "x", "y"}, "'y' is one argument too many"},
                    Misuse{{"train"}, "DATA is required"},
                    Misuse{{"train", "--resume"}, "--resume requires --out"},
                    Misuse{{"train", "x", "--epochs"}, "--epochs needs a value"},
                    Misuse{{"train", "x", "--epochs", "3", "--epochs", "5"},
                           "--epochs is given more than once (3, 5); give it once"},
                    Misuse{{"eval", "w", "x", "--split", "val", "--split", "train"},
                           "--split is given more than once (val, train)"},
                    Misuse{{"train", "x", "--flip", "--no-flip"},
                           "of --flip and --no-flip only one can be given"},
                    Misuse{{"train", "x", "--epochs", "0"}, "0 is not a whole number, 1 to"},
                    Misuse{{"train", "x", "--epochs", "2.5"}, "2.5 is not a whole number"},
                    Misuse{{"train", "x", "--lr", "nan"}, "nan is not a number"},
                    Misuse{{"train", "x", "--lr", "-1"}, "-1 is not a number"},
                    Misuse{{"train", "x", "--dropout", "1"}, "1 is not a number, 0 to 0.99"},
                    Misuse{{"train", "x", "--seed", "-1"}, "-1 is not a whole number"},
                    Misuse{{"train", "x", "--model", "vgg"}, "vgg is not one of alexnet"},
                    Misuse{{"train", "x", "--schedule", "flat"}, "flat is not one of cosine"},
                    Misuse{{"eval", "weights"}, "DATA is required"},
                    Misuse{{"predict", "weights"}, "IMAGE is required"},
                    Misuse{{"predict", "w", "i", "--top", "0"}, "0 is not a whole number"},
                    Misuse{{"predict", "w", "i", "--precision", "fp8"}, "fp8 is not one of fp32"},
                    Misuse{{"info", "alexnet", "--batch", "2"},
                           "--batch: is for --plan and --ranks; give one of them"},
                    Misuse{{"bench", "--batch", "0"}, "0 is not a whole number"},
                    Misuse{{"bench", "--model", "vgg"}, "vgg is not one of alexnet"},
                    Misuse{{"bench", "--train", "--precision", "int8"},
                           "--precision: int8 is for inference"},
                    Misuse{{"samples", "x"}, "--out is required"}),
    kCaseName);

}  // namespace
}  // namespace alexnet::test
