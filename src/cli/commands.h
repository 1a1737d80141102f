#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/exit_codes.h"

namespace alexnet::cli {

/// One word of the program. `run` gives the exit code, and throws Error when the work fails and
/// CLI::ParseError when the usage is wrong.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

/// `command_line`: as the user typed it, for config.json.
Command add_train_command(CLI::App& program, const std::string& command_line);
Command add_eval_command(CLI::App& program);
Command add_predict_command(CLI::App& program);
Command add_info_command(CLI::App& program);
Command add_bench_command(CLI::App& program);
Command add_convert_command(CLI::App& program);
Command add_samples_command(CLI::App& program);
Command add_pack_command(CLI::App& program);
Command add_show_command(CLI::App& program);
Command add_check_command(CLI::App& program);
Command add_serve_command(CLI::App& program);
Command add_report_command(CLI::App& program);
Command add_watch_command(CLI::App& program);
Command add_explain_command(CLI::App& program);
Command add_features_command(CLI::App& program);
Command add_search_command(CLI::App& program);
Command add_lpips_command(CLI::App& program);
Command add_compare_command(CLI::App& program);
/// What a shell may complete a command line to; help does not mention it.
Command add_complete_command(CLI::App& program);

}  // namespace alexnet::cli
