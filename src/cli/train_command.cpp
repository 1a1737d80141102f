#include <alexnet/error.h>
#include <alexnet/recipe.h>
#include <alexnet/report.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/claimed_folder.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/known_set.h"
#include "cli/messages.h"
#include "cli/on_ranks.h"
#include "cli/progress_bar.h"
#include "cli/recipe_report.h"
#include "cli/text.h"
#include "cli/training_options.h"
#include "core/counted.h"
#include "core/run_files.h"
#include "core/shell_word.h"
#include "data/sets/split.h"
#include "ranks/together.h"
#include "train/config_rules.h"
#include "train/named_options.h"
#include "train/option_table.h"
#include "train/train_config.h"
#include "train/train_on_ranks.h"
#include "train/training_data.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

struct TrainArguments {
  TrainConfig config;
  std::string command_line;
  std::string out;
  bool resume = false;
  bool report = true;
};

void add_run_options(CLI::App& app, TrainArguments& arguments) {
  const std::string group(to_string(OptionGroup::run));
  app.add_option("--out", arguments.out, "run folder")
      ->type_name("DIR")
      ->group(group)
      ->default_str("runs/DATA-1, -2, ...");
  app.add_flag("--report,!--no-report", arguments.report, "make report.html at the end")
      ->group(group)
      ->default_str("--report");
  app.add_flag("--resume", arguments.resume,
               "continue the run in --out; its options need not be given again")
      ->group(group);
  app.add_flag("--accept-data-change", arguments.config.accept_data_change,
               "resume though the images are not those that the run began with")
      ->group(group)
      ->needs("--resume");
}

// Takes the configuration of the earlier run and applies what the command line gives to it.
void load_earlier_run(CLI::App& app, TrainArguments& arguments) {
  if (arguments.out.empty()) throw CLI::RequiresError("--resume", "--out");
  const bool may_start = !arguments.config.data.empty();
  if (may_start && !holds_run(arguments.out)) return;
  arguments.config = load_config_to_resume(arguments.out);
  for (CLI::Option* option : app.get_options()) {
    if (option->count() > 0 && option->get_lnames() != std::vector<std::string>{"help"}) {
      option->run_callback();
    }
  }
}

class TerminalObserver : public TrainObserver {
 public:
  void message(const std::string& text) override {
    for (const auto& note : std::exchange(held_, {})) {
      const std::string held = note();
      if (!held.empty()) bar_.message(held);
    }
    bar_.message(text);
  }

  /// To be made and said with the next message: then folder and data are known to be there, and a
  /// command that fails before says one sentence. Nothing is said where it is empty.
  void hold(std::function<std::string()> note) { held_.push_back(std::move(note)); }

  void measuring(std::int64_t done, std::int64_t total) override {
    bar_.show("reading images", static_cast<double>(done) / static_cast<double>(total),
              fmt::format("{} of {}", with_thousands(done), with_thousands(total)));
  }

  void progress(const TrainProgress& p) override {
    bar_.show(
        fmt::format("epoch {}/{}", p.epoch, p.epochs), static_cast<double>(p.batch) / p.batches,
        fmt::format("loss {:.4f}  accuracy {}  {} images/s  {} left", p.loss, percent(p.accuracy),
                    with_thousands(static_cast<std::int64_t>(p.images_per_second)),
                    duration(p.seconds_left)));
  }

  void epoch_end(const EpochSummary& s) override {
    const std::string validation =
        s.validation.images == 0
            ? ""
            : fmt::format("validation: loss {:.4f}  top-1 {}  top-5 {}  ", s.validation.loss,
                          percent(s.validation.top1), percent(s.validation.top5));
    bar_.message(fmt::format("epoch {}/{}  loss {:.4f}  accuracy {}  {}{}{}", s.epoch, s.epochs,
                             s.train_loss, percent(s.train_top1), validation, duration(s.seconds),
                             s.best ? "  best" : ""));
  }

 private:
  ProgressBar bar_;
  std::vector<std::function<std::string()>> held_;
};

// Of all ranks but the first.
class SilentObserver : public TrainObserver {
 public:
  void message(const std::string& /*text*/) override {}
  void progress(const TrainProgress& /*progress*/) override {}
  void epoch_end(const EpochSummary& /*summary*/) override {}
};

// A sample of the validation images, so that it takes seconds; of an interrupted run the curves. A
// page that cannot be made does not make a training run fail.
void make_report(const fs::path& folder, const TrainResult& result, TrainObserver& observer,
                 const std::atomic<bool>& stop) {
  constexpr int kImages = 2000;
  const fs::path page = folder / "report.html";
  try {
    if (result.interrupted) {
      write_live_report(folder, page, 0);
    } else {
      write_report(folder, page, {.data = {}, .images = kImages, .training_images = kImages},
                   [&](auto, auto) {
                     if (stop) throw Error("stopped; make it with alexnet report");
                   });
    }
    observer.message(fmt::format("report: {}", page.string()));
  } catch (const std::exception& error) {
    observer.message(fmt::format("no report: {}", error.what()));
  }
}

bool has_part(const std::string& data, Split part) {
  const std::vector<Split> parts = dataset_splits(data);
  return std::ranges::find(parts, part) != parts.end();
}

// That a share to hold out is given beside images for validation; empty where it is not.
std::string idle_share_note(const CLI::App& app, const TrainConfig& config) {
  if (app.count("--validation") == 0) return "";
  if (!config.validation_data.empty()) return "--validation has no effect beside --val";
  if (!has_part(config.data, Split::validation)) return "";
  return fmt::format("--validation has no effect: {} has a validation part", config.data);
}

// It is no change of the run. What is wrong with the data is for training to say.
void keep_idle_share(const CLI::App& app, TrainArguments& arguments) {
  try {
    if (idle_share_note(app, arguments.config).empty()) return;
  } catch (const Error&) {
    return;
  }
  arguments.config.validation_share = load_train_config(arguments.out).validation_share;
}

std::string settle_rate(const CLI::App& app, TrainConfig& config) {
  if (app.count("--lr") > 0 || !config.recipe.empty()) return "";
  const double usual = std::exchange(config.schedule.base_rate, default_rate(config));
  if (config.schedule.base_rate >= usual) return "";
  return fmt::format(
      "learning rate {:.3g}: {} in proportion to batches of {}, not {}; --lr sets another",
      config.schedule.base_rate, usual, config.batch_size, TrainConfig().batch_size);
}

// What was left to the program, or has no effect.
void settle_options(const CLI::App& app, TrainArguments& arguments, bool continues, int ranks,
                    TerminalObserver& observer) {
  TrainConfig& config = arguments.config;
  const bool says_when = app.count("--checkpoint-minutes") + app.count("--checkpoint-every") > 0;
  if (launched_as() && !says_when) config.checkpoint_minutes = kUsualCheckpointMinutes;
  observer.hold([&app, &config] { return idle_share_note(app, config); });
  if (continues) {
    keep_idle_share(app, arguments);
    return;
  }
  observer.hold([&config] { return known_set_note(config.data); });
  observer.hold([rate = settle_rate(app, config)] { return rate; });
  if (config.recipe.empty()) observer.hold([&config] { return rate_note(config); });
  if (app.count("--parts") == 0) config.parts = std::min(ranks, config.batch_size);
}

std::string next_step(const TrainConfig& config, const TrainResult& result,
                      const std::string& run) {
  const std::string eval = fmt::format("alexnet eval {} {}", run, shell_word(config.data));
  if (has_part(config.data, Split::test)) {
    return validates_on_test(config)
               ? fmt::format("its test images were validated on; on these again: {}", eval)
               : fmt::format("evaluate it with: {}", eval);
  }
  if (result.best_top1 < 0) {
    return fmt::format("evaluate it on images that it was not trained on: alexnet eval {} DATA",
                       run);
  }
  return fmt::format("there is no test part; on the images for validation, again: {}", eval);
}

int finish(const TrainArguments& arguments, const fs::path& folder, const TrainResult& result,
           TrainObserver& observer) {
  const std::string word = shell_word(folder.string());
  if (result.interrupted) {
    observer.message(
        fmt::format("interrupted after step {}; resume with: alexnet train --resume --out {}",
                    result.steps, word));
    return kInterrupted;
  }
  if (result.bad_images > 0) {
    observer.message(fmt::format("{} could not be decoded and {} left out: {}",
                                 counted(static_cast<std::int64_t>(result.bad_images), "image"),
                                 result.bad_images == 1 ? "was" : "were",
                                 (folder / "bad_images.jsonl").string()));
  }
  const std::string best = (folder / kBestFile).string();
  if (result.best_top1 < 0) {
    fmt::print("{}: the last epoch's weights, without validation\n", best);
  } else {
    fmt::print("{}: validation top-1 {}\n", best, percent(result.best_top1));
  }
  try {
    observer.message(next_step(arguments.config, result, word));
  } catch (const Error&) {  // the data of a finished run may be gone
  }
  return kDone;
}

void settle_arguments(CLI::App& app, TrainArguments& arguments, int ranks,
                      TerminalObserver& observer) {
  if (arguments.resume) {
    load_earlier_run(app, arguments);
  } else if (arguments.config.data.empty()) {
    throw CLI::RequiredError("DATA");
  }
  const bool continues = arguments.resume && holds_run(arguments.out);
  if (!continues || arguments.config.command.empty()) {
    arguments.config.command = arguments.command_line;
  }
  settle_options(app, arguments, continues, ranks, observer);
}

struct Trained {
  fs::path folder;
  TrainResult result;
};

// The first rank claims a folder where none is given.
Trained train_on(Communicator& ranks, CLI::App& app, TrainArguments& arguments,
                 TerminalObserver& terminal, const std::atomic<bool>& stop) {
  const bool is_first = ranks.rank() == 0;
  std::optional<ClaimedFolder> claimed;
  const std::vector<std::string> folders = together(ranks, [&] {
    settle_arguments(app, arguments, ranks.size(), terminal);
    if (is_first && arguments.out.empty()) claimed.emplace(arguments.config.data);
    return claimed ? claimed->path().string() : arguments.out;
  });
  if (is_first && app.count("--recipe") > 0) print_message(recipe_table(arguments.config));
  SilentObserver silent;
  TrainObserver& observer = is_first ? static_cast<TrainObserver&>(terminal) : silent;
  return {
      .folder = folders.front(),
      .result = train(arguments.config, folders.front(), arguments.resume, observer, stop, ranks)};
}

int run_train(CLI::App& app, TrainArguments& arguments) {
  TerminalObserver observer;
  const std::atomic<bool>& stop = stop_on_signals();
  Trained trained;
  const std::optional<int> ended = on_ranks(
      [&](Communicator& ranks) { trained = train_on(ranks, app, arguments, observer, stop); });
  if (ended) return *ended;
  const auto& [folder, result] = trained;
  if (result.interrupted && !holds_run(folder)) {
    observer.message("interrupted before the first step; there is nothing to resume");
    return kInterrupted;
  }
  if (arguments.report) make_report(folder, result, observer, stop);
  return finish(arguments, folder, result, observer);
}

}  // namespace

Command add_train_command(CLI::App& program, const std::string& command_line) {
  CLI::App* app = program.add_subcommand("train", "Train a network into a run folder");
  const auto arguments = std::make_shared<TrainArguments>();
  arguments->command_line = command_line;
  add_training_options(*app, arguments->config);
  add_run_options(*app, *arguments);
  app->footer(fmt::format(
      "Example: alexnet train fashion-mnist --epochs 3 --out runs/fashion\n"
      "Ctrl-C stops after the step and keeps the work; --resume continues with the options of the "
      "run, to the same bits. Only {} may change then; the run does not keep them, so give them at "
      "each --resume. --epochs, --max-steps, --lr and --validation 0 may change for other weights; "
      "these the run keeps. DATA may have moved.",
      resume_flags()));
  return {.app = app, .run = [app, arguments] { return run_train(*app, *arguments); }};
}

}  // namespace alexnet::cli
