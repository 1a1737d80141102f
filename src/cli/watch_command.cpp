#include <alexnet/report.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "core/run_files.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct WatchArguments {
  std::string run;
  int every = 5;
};

/// Keeps RUN/report.html up to date until the run is over.
class Watch {
 public:
  Watch(const WatchArguments& arguments, const std::atomic<bool>& stop)
      : run_(arguments.run), page_(run_ / "report.html"), every_(arguments.every), stop_(stop) {}

  int follow() {
    wait_for_run();
    while (!stop_) {
      const RunProgress progress = run_progress(run_);
      if (progress.finished) return finish();
      if (progress != seen_) write(every_);
      seen_ = progress;
      pause(every_);
    }
    if (written_ != fs::file_time_type()) write(0);
    print_message(fmt::format("stopped watching at step {}", seen_.value_or(RunProgress{}).step));
    return kDone;
  }

 private:
  // Whoever starts both at once should not have to get the order right.
  void wait_for_run() {
    constexpr int kPatience = 30;  // seconds
    const auto end = Clock::now() + std::chrono::seconds(kPatience);
    while (!stop_ && !fs::exists(run_ / kConfigFile) && Clock::now() < end) pause(1);
    if (stop_) return;
    run_progress(run_);
    fmt::print("{}\n", page_.string());
    std::fflush(stdout);
  }

  void write(int reload_seconds) {
    write_live_report(run_, page_, reload_seconds);
    written_ = fs::last_write_time(page_);
  }

  // Training is about to put the whole report where ours is; if not, ours must not reload for ever.
  int finish() {
    constexpr int kPatience = 60;  // seconds
    const auto end = Clock::now() + std::chrono::seconds(kPatience);
    while (!stop_ && is_ours() && Clock::now() < end) pause(1);
    if (is_ours() || !fs::exists(page_)) write(0);
    print_message(fmt::format("{} is finished", run_.string()));
    return kDone;
  }

  bool is_ours() const { return fs::exists(page_) && fs::last_write_time(page_) == written_; }

  void pause(int seconds) const {
    constexpr std::chrono::milliseconds kNap(100);
    const auto end = Clock::now() + std::chrono::seconds(seconds);
    while (!stop_ && Clock::now() < end) std::this_thread::sleep_for(kNap);
  }

  fs::path run_;
  fs::path page_;
  int every_;
  const std::atomic<bool>& stop_;
  std::optional<RunProgress> seen_;
  fs::file_time_type written_{};
};

}  // namespace

Command add_watch_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("watch", "Keep a page about a run in progress up to date");
  const auto arguments = std::make_shared<WatchArguments>();
  app->add_option("RUN", arguments->run, "run folder")->type_name("")->required();
  whole_number(app->add_option("--every", arguments->every, "seconds between updates"), 1, 3600)
      ->capture_default_str();
  app->footer(
      "Example: alexnet watch runs/fashion\n"
      "Writes RUN/report.html, which loads itself again; ends with the run, or with Ctrl-C.");
  return {.app = app, .run = [arguments] { return Watch(*arguments, stop_on_signals()).follow(); }};
}

}  // namespace alexnet::cli
