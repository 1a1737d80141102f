#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/text.h"

namespace {

using namespace alexnet;
using namespace alexnet::cli;

int fail(int code, const char* message) {
  for (const char* part : {"alexnet: ", message, "\n"}) std::fputs(part, stderr);
  return code;
}

std::string sentence(const CLI::App& program, const CLI::ParseError& error) {
  std::string text = error.what();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::ArgumentMismatch) {
    return fmt::format("{} needs a value", text.substr(0, text.find(':')));
  }
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
  return fail(kWrongUsage, text.c_str());
}

std::string command_line(int argc, char** argv) {
  std::string line = "alexnet";
  for (int i = 1; i < argc; ++i) line += ' ' + shell_word(argv[i]);
  return line;
}

int run(int argc, char** argv) {
  CLI::App program("AlexNet: train it, evaluate it, predict with it.", "alexnet");
  program.formatter(help_formatter());
  program.set_version_flag("--version", "alexnet " ALEXNET_VERSION, "print the version");
  program.footer(
      "alexnet COMMAND --help tells more. Begin with: alexnet train fashion-mnist --epochs 1");
  program.require_subcommand(0, 1);
  const std::array commands{add_train_command(program, command_line(argc, argv)),
                            add_eval_command(program),
                            add_predict_command(program),
                            add_explain_command(program),
                            add_serve_command(program),
                            add_report_command(program),
                            add_watch_command(program),
                            add_features_command(program),
                            add_search_command(program),
                            add_show_command(program),
                            add_check_command(program),
                            add_pack_command(program),
                            add_info_command(program),
                            add_convert_command(program),
                            add_bench_command(program),
                            add_samples_command(program)};
  try {
    program.parse(argc, argv);
    for (const Command& command : commands) {
      if (command.app->parsed()) return command.run();
    }
  } catch (const CLI::ParseError& error) {
    return report(program, error);
  }
  fmt::print(stderr, "{}", program.help());
  return kWrongUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = run(argc, argv);
    return std::fflush(stdout) == 0 ? code : fail(kFailed, "cannot write the output");
  } catch (const std::bad_alloc&) {
    return fail(kFailed, "there is not enough memory; use smaller batches or images");
  } catch (const std::exception& error) {
    return fail(kFailed, error.what());
  }
}
