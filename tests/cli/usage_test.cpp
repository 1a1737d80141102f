#include <gmock/gmock.h>

#include <algorithm>

#include "cli/program.h"

namespace alexnet::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(UsageTest, WithoutACommandItShowsHelp) {
  const Outcome outcome = run_program({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  for (const char* command : {"train", "eval", "predict", "info", "bench", "samples", "serve"}) {
    EXPECT_THAT(outcome.err, HasSubstr(command));
  }
}

TEST(UsageTest, PrintsItsVersion) {
  const Outcome outcome = run_program({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("alexnet 0."));
}

class HelpTest : public testing::TestWithParam<const char*> {};

TEST_P(HelpTest, EveryCommandShowsAnExample) {
  const Outcome outcome = run_program({GetParam(), "--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr(std::string("Example: alexnet ") + GetParam()));
  EXPECT_THAT(outcome.err, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Commands, HelpTest,
                         testing::Values("train", "eval", "predict", "info", "convert", "bench",
                                         "samples", "serve"));

TEST(UsageTest, HelpShowsDefaultsAndRanges) {
  const Outcome outcome = run_program({"train", "--help"});
  EXPECT_THAT(outcome.out, HasSubstr("passes over the training set, 1 to 100000 [3]"));
  EXPECT_THAT(outcome.out, HasSubstr("step, plateau, cosine [cosine]"));
}

struct Misuse {
  std::vector<std::string> arguments;
  std::string sentence;
};

class MisuseTest : public testing::TestWithParam<Misuse> {};

TEST_P(MisuseTest, IsOneSentenceAndExitCodeTwo) {
  const Outcome outcome = run_program(GetParam().arguments);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, AllOf(StartsWith("alexnet: "), HasSubstr(GetParam().sentence)));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Options, MisuseTest,
    testing::Values(Misuse{{"fly"}, "there is no command 'fly'"},
                    Misuse{{"--fast"}, "there is no option --fast"},
                    Misuse{{"train", "x", "--fast"}, "there is no option --fast"},
                    Misuse{{"train", "x", "y"}, "'y' is one argument too many"},
                    Misuse{{"train"}, "DATA is required"},
                    Misuse{{"train", "--resume"}, "--resume requires --out"},
                    Misuse{{"train", "x", "--epochs"}, "--epochs needs a value"},
                    Misuse{{"train", "x", "--epochs", "0"}, "0 is not a whole number, 1 to"},
                    Misuse{{"train", "x", "--epochs", "2.5"}, "2.5 is not a whole number"},
                    Misuse{{"train", "x", "--lr", "nan"}, "nan is not a number"},
                    Misuse{{"train", "x", "--lr", "-1"}, "-1 is not a number"},
                    Misuse{{"train", "x", "--dropout", "1"}, "1 is not a number, 0 to 0.99"},
                    Misuse{{"train", "x", "--seed", "-1"}, "-1 is not a whole number"},
                    Misuse{{"train", "x", "--model", "vgg"}, "vgg is not one of alexnet"},
                    Misuse{{"train", "x", "--schedule", "flat"}, "flat is not one of step"},
                    Misuse{{"eval", "weights"}, "DATA is required"},
                    Misuse{{"predict", "weights"}, "IMAGE is required"},
                    Misuse{{"predict", "w", "i", "--top", "0"}, "0 is not a whole number"},
                    Misuse{{"predict", "w", "i", "--precision", "fp8"}, "fp8 is not one of fp32"},
                    Misuse{{"info", "alexnet", "--batch", "2"}, "--batch requires --plan"},
                    Misuse{{"bench", "--batch", "0"}, "0 is not a whole number"},
                    Misuse{{"bench", "--model", "vgg"}, "vgg is not one of alexnet"},
                    Misuse{{"bench", "--train", "--precision", "int8"},
                           "--precision: is for inference"},
                    Misuse{{"samples", "x"}, "--out is required"}));

}  // namespace
}  // namespace alexnet::test
