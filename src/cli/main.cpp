#include <alexnet/error.h>
#include <alexnet/version.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/messages.h"
#include "cli/standard_streams.h"
#include "core/shell_word.h"
#include "core/system_error.h"
#include "ranks/communicator.h"

namespace {

using namespace alexnet;
using namespace alexnet::cli;

int fail(int code, std::string_view message) {
  print_error(message);
  return code;
}

// Of an option with too few values, or too many.
std::string mismatch(const CLI::App& program, const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  for (const CLI::App* command : program.get_subcommands()) {
    const CLI::Option* option = command->get_option_no_throw(name);
    if (option != nullptr && option->count() > 1) {
      return fmt::format("{} is given more than once ({}); give it once", name,
                         fmt::join(option->results(), ", "));
    }
  }
  return fmt::format("{} needs a value", name);
}

// Of "--one excludes --other".
std::string exclusion(const std::string& text) {
  constexpr std::string_view kExcludes = " excludes ";
  const std::size_t at = text.find(kExcludes);
  if (at == std::string::npos) return text;
  return fmt::format("of {} and {} only one can be given", text.substr(0, at),
                     text.substr(at + kExcludes.size()));
}

std::string sentence(const CLI::App& program, const CLI::ParseError& error) {
  std::string text = error.what();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::ArgumentMismatch) return mismatch(program, text);
  if (kind == CLI::ExitCodes::ExcludesError) return exclusion(text);
  if (kind != CLI::ExitCodes::ExtrasError) return text;
  const std::string extra = program.remaining(true).front();
  if (extra.starts_with('-')) return fmt::format("there is no option {}", extra);
  return program.get_subcommands().empty() ? fmt::format("there is no command '{}'", extra)
                                           : fmt::format("'{}' is one argument too many", extra);
}

// Wrong usage is one sentence; help and version are what was asked for.
int report(const CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return program.exit(error);
  }
  const auto chosen = program.get_subcommands();
  const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
  const std::string text =
      fmt::format("{}; see alexnet{} --help", sentence(program, error), command);
  return fail(kWrongUsage, text);
}

// A flag and its opposite contradict each other.
void check_flags(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string>& given = option->results();
    const bool is_flag = option->get_items_expected_max() == 0;
    if (!is_flag || std::ranges::adjacent_find(given, std::ranges::not_equal_to{}) == given.end()) {
      continue;
    }
    throw CLI::ValidationError(
        fmt::format("of {} only one can be given", fmt::join(option_names(*option), " and ")));
  }
}

std::string command_line(int argc, char** argv) {
  std::string line = "alexnet";
  for (int i = 1; i < argc; ++i) line += ' ' + shell_word(argv[i]);
  return line;
}

// In the groups and the order in which help lists them.
std::vector<Command> add_commands(CLI::App& program, const std::string& line) {
  std::vector<Command> all;
  const auto add = [&](const char* group, std::vector<Command> commands) {
    for (Command& command : commands) {
      command.app->group(group);
      all.push_back(std::move(command));
    }
  };
  add("Train and evaluate", {add_train_command(program, line), add_eval_command(program)});
  add("Use",
      {add_predict_command(program), add_serve_command(program), add_features_command(program),
       add_search_command(program), add_compare_command(program), add_lpips_command(program)});
  add("Look", {add_report_command(program), add_watch_command(program),
               add_explain_command(program), add_show_command(program)});
  add("Data",
      {add_check_command(program), add_pack_command(program), add_samples_command(program)});
  add("Files and machine",
      {add_convert_command(program), add_info_command(program), add_bench_command(program)});
  add("", {add_complete_command(program)});
  return all;
}

int run(int argc, char** argv) {
  CLI::App program("AlexNet: train it, evaluate it, use it.", "alexnet");
  program.formatter(help_formatter(help_columns()));
  program.set_help_flag("-h,--help", "print this help");
  program.set_version_flag("--version", fmt::format("alexnet {}", version()), "print the version");
  program.footer(
      "alexnet COMMAND --help lists the options of a command.\n"
      "Start with: alexnet train fashion-mnist --epochs 1");
  program.require_subcommand(0, 1);
  const std::vector<Command> commands = add_commands(program, command_line(argc, argv));
  try {
    program.parse(argc, argv);
    for (const Command& command : commands) {
      if (!command.app->parsed()) continue;
      check_flags(*command.app);
      return command.run();
    }
  } catch (const CLI::ParseError& error) {
    // All ranks have the same arguments.
    if (launched_as().value_or(0) > 0) return error.get_exit_code() == 0 ? kDone : kWrongUsage;
    return report(program, error);
  }
  print_message(program.help());
  return kWrongUsage;
}

}  // namespace

int main(int argc, char** argv) {
  prepare_standard_streams();
  try {
    const int code = run(argc, argv);
    if (std::fflush(stdout) != 0) throw std::system_error(last_error());
    return code;
  } catch (const std::exception&) {
    const Failure failure = current_failure();
    return fail(failure.code, failure.sentence);
  }
}
