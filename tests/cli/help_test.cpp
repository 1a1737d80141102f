#include "cli/help.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/text.h"
#include "support/case_name.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> headings(const std::string& help) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(help)) {
    if (line.ends_with(':') && !line.starts_with(' ')) found.push_back(line);
  }
  return found;
}

// The text below a heading.
std::string section(const std::string& help, const std::string& heading) {
  const std::size_t first = help.find("\n" + heading + ":\n");
  if (first == std::string::npos) return "";
  return help.substr(first, help.find("\n\n", first + 1) - first);
}

// Without line breaks and the spaces before them.
std::string in_one_line(const std::string& text) {
  std::string result;
  std::istringstream words(text);
  for (std::string word; words >> word;) result += (result.empty() ? "" : " ") + word;
  return result;
}

std::string help_of(const std::string& command) {
  const Outcome outcome = run_program({command, "--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  return outcome.out;
}

TEST(Help, GroupsCommandsByTheirJob) {
  const std::string help = run_program({"--help"}).out;
  EXPECT_THAT(headings(help), ElementsAre("Options:", "Train and evaluate:", "Use:", "Look:",
                                          "Data:", "Files and machine:"));
  EXPECT_THAT(section(help, "Train and evaluate"), HasSubstr("\n  eval "));
  EXPECT_THAT(section(help, "Use"), HasSubstr("\n  serve "));
  EXPECT_THAT(section(help, "Look"), HasSubstr("\n  explain "));
  EXPECT_THAT(section(help, "Data"), HasSubstr("\n  pack "));
  EXPECT_THAT(section(help, "Files and machine"), HasSubstr("\n  convert "));
}

TEST(Help, GroupsTheOptionsOfTraining) {
  const std::string help = help_of("train");
  EXPECT_THAT(headings(help), ElementsAre("Arguments:", "Options:", "Data:", "Network:",
                                          "Optimisation:", "Augmentation:", "Run:"));
  EXPECT_THAT(section(help, "Options"), HasSubstr("--recipe NAME"));
  EXPECT_THAT(section(help, "Data"), HasSubstr("--normalize NAME"));
  EXPECT_THAT(section(help, "Network"), HasSubstr("--finetune WEIGHTS"));
  EXPECT_THAT(section(help, "Optimisation"), HasSubstr("--lr N"));
  EXPECT_THAT(section(help, "Augmentation"), HasSubstr("--pad N"));
  EXPECT_THAT(section(help, "Run"), HasSubstr("--resume"));
}

TEST(Help, ShowTakesWhatDecidesTheInputOnly) {
  const std::string help = help_of("show");
  EXPECT_THAT(section(help, "Augmentation"), HasSubstr("--colour-noise N"));
  EXPECT_THAT(help, Not(HasSubstr("--lr")));
  EXPECT_THAT(help, Not(HasSubstr("[DATA]")));
}

TEST(Help, SaysWhatMayChangeWhenARunResumes) {
  EXPECT_THAT(
      in_one_line(help_of("train")),
      HasSubstr("Only --on-bad-image, --threads, --parallel, --workers, --checkpoint-every, "
                "--checkpoint-minutes and --tensorboard may change"));
}

// A command's help mentions ranges, names and defaults in this one form.
struct Mention {
  const char* command;
  std::vector<const char*> texts;
};

void PrintTo(const Mention& mention, std::ostream* out) {
  *out << mention.command;
}

class HelpOfCommand : public testing::TestWithParam<Mention> {};

TEST_P(HelpOfCommand, FitsIntoAHundredColumnsAndMentionsDefaults) {
  const std::string help = help_of(GetParam().command);
  for (const std::string& line : lines_of(help)) {
    EXPECT_LE(cli::display_width(line), 100U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  for (const char* text : GetParam().texts) EXPECT_THAT(in_one_line(help), HasSubstr(text));
  EXPECT_THAT(help, HasSubstr(std::string("\nExample: alexnet ") + GetParam().command));
}

INSTANTIATE_TEST_SUITE_P(
    Commands, HelpOfCommand,
    testing::Values(
        Mention{
            "train",
            {"--epochs N passes over the training set, 1 to 100000 [3]",
             "--max-steps N steps at most, 0 or more (0: no limit) [0]",
             "--init NAME initial weights: he, pytorch, krizhevsky2012 [he]",
             "--optimizer NAME lars: a rate for each layer by its norms, for large batches, with "
             "--schedule polynomial and --lr 2 unless given: sgd, lars [sgd]",
             "trust coefficient of LARS, 1e-06 to 1; with --optimizer [0.001]",
             "only the images; the weights are the same: hybrid, data [hybrid]",
             "--schedule NAME how the learning rate falls: cosine, step, plateau, polynomial "
             "[cosine]",
             "--lr N learning rate; by default less for batches below 64, 1e-09 to 1000 [0.01]",
             "--dropout N probability of dropout, 0 to 0.999 [0.5]",
             "--flip, --no-flip mirror half of the images, at random [--flip]",
             "[--no-random-resized-crop]", "[--exact-decode]",
             "as a share of --lr, 0 to 1000; with --finetune [0.1]",
             "--seed N seed of all random numbers, 0 or more [1]",
             "--threads N threads, 0 to 1024 (0: one a processor) [0]",
             "--out DIR run folder [runs/DATA-1, -2, ...]"}},
        Mention{"eval",
                {"eval [OPTIONS] WEIGHTS DATA", "--batch-size N images at a time, 1 to 65536 [128]",
                 "--crops N crops of an image whose probabilities are averaged: 1, 10 [1]",
                 "--on-bad-image NAME at an image that cannot be decoded: stop, skip [stop]"}},
        Mention{"predict", {"predict [OPTIONS] WEIGHTS IMAGE...", "1 to 100000 [5]", "[fp32]"}},
        Mention{"explain", {"[explained]", "1 to 5 [2]"}},
        Mention{"serve",
                {"--port N port, 0 to 65535 (0: any that is free) [8080]", "[127.0.0.1]",
                 "HTTPS, PEM; with --tls-key"}},
        Mention{"report", {"[RUN/report.html]", "0 or more (0: all) [4000]"}},
        Mention{"watch", {"1 to 3600 [5]"}},
        Mention{"features",
                {"[fc7]", "--out FILE", "[required]", "train, val, test [train]",
                 "none|mean|max|grid:N", "1 to 4096"}},
        Mention{"compare", {"correlation, euclidean [correlation]", "0 to 100000", "[1000]"}},
        Mention{"search", {"1 to 100000 [10]"}},
        Mention{"lpips", {"0.1, 0.0 [0.1]", "lpips, torchmetrics [lpips]", "--map X.png"}},
        Mention{"show", {"--out FILE the picture, a PNG file [required]", "1 to 1000 [24]"}},
        Mention{"check", {"0 to 1024 (0: one a processor) [0]"}},
        Mention{"pack", {"1 to 1000000 [256]", "0 or more [1]"}},
        Mention{"info",
                {"--batch N images: at a time with --plan [1], of all in a step with --ranks [64], "
                 "1 to "
                 "65536",
                 "a rank can send, 0.001 to 1000000; with --ranks [10]",
                 "0 to 4096 (0: the network's) [0]"}},
        Mention{"convert", {"13 to 21 [17]", "[log-probabilities]", "[deploy.prototxt beside it]"}},
        Mention{"bench", {"[1, with --train 64]", "caffenet [alexnet]"}},
        Mention{"samples", {"1 to 1000000 [10]", "--out DIR folder for the files [required]"}}),
    kCaseName);

TEST(HelpFormatter, WrapsTextBesideTheNames) {
  CLI::App app("Does a thing");
  app.formatter(cli::help_formatter(60));
  app.set_help_flag();
  int value = 7;
  app.add_option("--number", value, "one two three four five six seven eight nine ten")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--long-name-of-a-flag,!--no-long-name")->description("eleven");
  app.footer("Example: a line that is longer than sixty columns, which a narrow terminal has");
  EXPECT_EQ(app.help("program"),
            "Does a thing\n"
            "Usage: program [OPTIONS]\n"
            "\n"
            "Options:\n"
            "  --number N              one two three four five six seven\n"
            "                          eight nine ten [7]\n"
            "  --long-name-of-a-flag, --no-long-name\n"
            "                          eleven\n"
            "\n"
            "Example: a line that is longer than sixty columns, which a\n"
            "narrow terminal has\n");
}

}  // namespace
}  // namespace alexnet::test
