#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cli/program.h"

namespace alexnet::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string completions(std::vector<std::string> words) {
  words.insert(words.begin(), {"complete", "alexnet"});
  const Outcome outcome = run_program(words);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  return outcome.out;
}

TEST(Complete, CommandsWithWhatTheyDo) {
  EXPECT_THAT(completions({""}), AllOf(StartsWith("train\tTrain a network into a run folder\n"),
                                       HasSubstr("\nserve\t"), Not(HasSubstr("complete"))));
  EXPECT_THAT(completions({}), StartsWith("train\t"));
  EXPECT_EQ(completions({"wa"}), "watch\tKeep a page about a run in progress up to date\n");
  EXPECT_THAT(completions({"nothing"}), IsEmpty());
}

TEST(Complete, OptionsOfTheCommandAndTheirOpposites) {
  EXPECT_THAT(completions({"--"}), AllOf(HasSubstr("--version\t"), Not(HasSubstr("train\t"))));
  EXPECT_EQ(completions({"--ver"}), "--version\tprint the version\n");
  EXPECT_THAT(completions({"train", "--no-fl"}), StartsWith("--no-flip\tmirror half"));
  EXPECT_THAT(completions({"serve", "-"}),
              AllOf(HasSubstr("--port\t"), HasSubstr("--help\t"), Not(HasSubstr("--epochs"))));
  EXPECT_THAT(completions({"serve", "weights", "--por"}), StartsWith("--port\t"));
}

TEST(Complete, WordsThatAnOptionTakes) {
  EXPECT_EQ(completions({"train", "--schedule", ""}), "cosine\nstep\nplateau\npolynomial\n");
  EXPECT_EQ(completions({"train", "--schedule", "st"}), "step\n");
  EXPECT_EQ(completions({"train", "--schedule=st"}), "--schedule=step\n");
  EXPECT_EQ(completions({"train", "--schedule", "=", "st"}), "step\n");
  EXPECT_EQ(completions({"train", "--schedule", "="}), "cosine\nstep\nplateau\npolynomial\n");
  EXPECT_EQ(completions({"predict", "--crops", ""}), "1\n10\n");
}

TEST(Complete, NothingWhereFilesOrNumbersBelong) {
  EXPECT_THAT(completions({"predict", ""}), IsEmpty());
  EXPECT_THAT(completions({"predict", "--json", "im"}), IsEmpty());
  EXPECT_THAT(completions({"train", "--epochs", ""}), IsEmpty());
  EXPECT_THAT(completions({"train", "--out", "-"}), IsEmpty());
}

}  // namespace
}  // namespace alexnet::test
