#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/options.h"

namespace alexnet::cli {
namespace {

struct Candidate {
  std::string word;
  std::string help;
};

CLI::App& chosen_command(CLI::App& program, const std::vector<std::string>& words) {
  const std::vector<CLI::App*> commands = program.get_subcommands({});
  const auto found = std::ranges::find_first_of(words, commands, {}, {}, &CLI::App::get_name);
  return found == words.end() ? program : *program.get_subcommand(*found);
}

bool takes_value(const CLI::Option* option) {
  return option != nullptr && option->get_items_expected_max() > 0;
}

std::vector<Candidate> values(CLI::Option& option, const std::string& before) {
  std::vector<Candidate> all;
  for (const std::string& word : words_of(option)) all.push_back({before + word, ""});
  return all;
}

std::vector<Candidate> options(const CLI::App& command) {
  std::vector<Candidate> all;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option_names(*option)) {
      if (name.starts_with("--")) all.push_back({name, option->get_description()});
    }
  }
  return all;
}

std::vector<Candidate> commands(const CLI::App& program) {
  std::vector<Candidate> all;
  for (const CLI::App* command : program.get_subcommands({})) {
    if (is_hidden(*command)) continue;
    all.push_back({command->get_name(), command->get_description()});
  }
  return all;
}

// What the last word may become; none where it may be a file, or anything.
std::vector<Candidate> candidates(CLI::App& program, const std::vector<std::string>& words) {
  const std::string& last = words.back();
  const std::vector<std::string> before(words.begin(), words.end() - 1);
  CLI::App& command = chosen_command(program, before);
  if (!before.empty()) {
    CLI::Option* option = command.get_option_no_throw(before.back());
    if (takes_value(option)) return values(*option, "");
  }
  if (const std::size_t equals = last.find('='); equals != std::string::npos) {
    CLI::Option* option = command.get_option_no_throw(last.substr(0, equals));
    if (takes_value(option)) return values(*option, last.substr(0, equals + 1));
  }
  if (last.starts_with('-')) return options(command);
  return &command == &program ? commands(program) : std::vector<Candidate>();
}

// bash makes words of the equals signs: "--model", "=", "al".
std::vector<std::string> without_equals_signs(std::vector<std::string> words) {
  if (words.empty() || words.back() == "=") words.emplace_back();
  std::erase(words, "=");
  return words;
}

// `line`: the program's name, at which CLI11 stops to read options, and the words after it.
int run_complete(CLI::App& program, const std::vector<std::string>& line) {
  const std::vector<std::string> words =
      without_equals_signs({line.begin() + (line.empty() ? 0 : 1), line.end()});
  for (const auto& [word, help] : candidates(program, words)) {
    if (word.starts_with(words.back()))
      fmt::print("{}{}{}\n", word, help.empty() ? "" : "\t", help);
  }
  return kDone;
}

}  // namespace

Command add_complete_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "complete", "For shells: what the last of the words of a command line may become");
  app->set_help_flag();
  app->prefix_command();
  return {.app = app, .run = [app, &program] { return run_complete(program, app->remaining()); }};
}

}  // namespace alexnet::cli
