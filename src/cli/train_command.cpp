#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/recipe.h>
#include <alexnet/report.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/recipe_report.h"
#include "cli/text.h"
#include "cli/training_options.h"
#include "train/train_config.h"

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

constexpr double kLargestShare = 0.99;

void add_network_options(CLI::App& app, TrainConfig& config) {
  add_network_name_option(app, config.model);
  add_input_size_option(app, config);
  number(app.add_option("--dropout", config.dropout, "probability of dropout"), 0, kLargestShare)
      ->capture_default_str();
  const auto set = [&config](const std::string& name) { config.initializer = initializer(name); };
  one_of(app.add_option_function<std::string>("--init", set, "initial weights"),
         {"he", "pytorch", "krizhevsky2012"})
      ->default_str(std::string(to_string(config.initializer)));
}

void add_finetune_options(CLI::App& app, TrainConfig& config) {
  Finetune& finetune = config.finetune;
  CLI::Option* weights = app.add_option(
      "--finetune", finetune.weights,
      "go on from these weights, with a new last layer where the classes are others");
  weights->type_name("WEIGHTS");
  for (const char* settled : {"--recipe", "--model", "--image-size", "--init"}) {
    weights->excludes(app.get_option(settled));
  }
  const auto freeze = [&finetune](const std::string&) { finetune.freeze_features = true; };
  one_of(app.add_option_function<std::string>("--freeze", freeze, "layers that stay as they are"),
         {"features"})
      ->needs(weights);
  number(app.add_option("--body-rate", finetune.body_rate,
                        "learning rate of all layers but the last, as a share of --lr"),
         0, 1000)
      ->capture_default_str()
      ->needs(weights);
}

void add_length_options(CLI::App& app, TrainConfig& config) {
  whole_number(app.add_option("--epochs", config.epochs, "passes over the training set"), 1,
               100'000)
      ->capture_default_str();
  whole_number(
      app.add_option("--max-steps", config.max_steps, "stop after this many steps; 0: never"), 0,
      kUnlimited)
      ->capture_default_str();
  whole_number(app.add_option("--batch-size", config.batch_size, "images a step"), 1, 65'536)
      ->capture_default_str();
}

// --sgd comes first: it sets what --weight-decay then changes.
void add_update_options(CLI::App& app, TrainConfig& config) {
  const auto set_sgd = [&config](const std::string& name) {
    config.sgd.convention = sgd_convention(name);
    const bool as_in_2012 = config.sgd.convention == SgdConvention::krizhevsky2012;
    config.sgd.biases = as_in_2012 ? SgdGroup{2.0F, 0.0F} : config.sgd.weights;
  };
  one_of(app.add_option_function<std::string>(
             "--sgd", set_sgd, "update rule; 2012's biases learn twice as fast and do not decay"),
         {"pytorch", "krizhevsky2012"})
      ->default_str(std::string(to_string(config.sgd.convention)));
  const auto set_decay = [&config](float decay) {
    config.sgd.weights.weight_decay = decay;
    if (config.sgd.convention == SgdConvention::pytorch) config.sgd.biases.weight_decay = decay;
  };
  number(app.add_option_function<float>("--weight-decay", set_decay, "weight decay"), 0, 1)
      ->default_str(fmt::format("{}", config.sgd.weights.weight_decay));
  number(app.add_option("--momentum", config.sgd.momentum, "momentum"), 0, kLargestShare)
      ->capture_default_str();
  number(app.add_option("--label-smoothing", config.label_smoothing,
                        "share of the target spread over all classes"),
         0, kLargestShare)
      ->capture_default_str();
}

void add_schedule_options(CLI::App& app, ScheduleOptions& schedule) {
  number(app.add_option("--lr", schedule.base_rate, "learning rate"), 1e-9, 1000)
      ->capture_default_str();
  const auto set = [&schedule](const std::string& name) { schedule.kind = schedule_kind(name); };
  one_of(app.add_option_function<std::string>("--schedule", set, "how the learning rate falls"),
         {"step", "plateau", "cosine"})
      ->default_str(std::string(to_string(schedule.kind)));
  whole_number(app.add_option("--patience", schedule.patience,
                              "plateau: epochs without gain on the validation set before it falls"),
               1, 100'000)
      ->capture_default_str();
  number(app.add_option("--warmup", schedule.warmup_epochs, "epochs of rising learning rate"), 0,
         100'000)
      ->capture_default_str();
}

void add_data_options(CLI::App& app, TrainConfig& config) {
  add_augmentation_options(app, config);
  add_normalizing_option(app, config);
  app.get_option("--normalize")->excludes(app.get_option("--finetune"));
  add_bad_image_option(app, config.on_bad_image);
  add_split_options(app, config);
}

void add_running_options(CLI::App& app, TrainArguments& arguments) {
  TrainConfig& config = arguments.config;
  add_threads_option(app, config.threads);
  whole_number(app.add_option("--workers", config.workers, "threads that prepare images"), 1, 256)
      ->capture_default_str();
  whole_number(app.add_option("--checkpoint-every", config.checkpoint_every,
                              "steps between checkpoints within an epoch; 0: none"),
               0, kUnlimited)
      ->capture_default_str();
  app.add_option("--out", arguments.out, "run folder [runs/DATA-1, -2, ...]")->type_name("DIR");
  app.add_flag("--report,!--no-report", arguments.report, "make report.html at the end")
      ->default_str("report");
  app.add_flag("--tensorboard", config.tensorboard,
               "write event files for TensorBoard into the run folder");
  app.add_flag("--resume", arguments.resume,
               "continue the run in --out; its options need not be given again");
}

fs::path first_free_folder(const std::string& data) {
  const std::string name = slug(fs::weakly_canonical(data).filename().string());
  for (int n = 1;; ++n) {
    fs::path folder = fs::path("runs") / fmt::format("{}-{}", name, n);
    if (!fs::exists(folder)) return folder;
  }
}

// Begins with the configuration of the earlier run and applies again what the command line gives.
void take_up_earlier_run(CLI::App& app, TrainArguments& arguments) {
  if (arguments.out.empty()) throw CLI::RequiresError("--resume", "--out");
  const bool may_begin = !arguments.config.data.empty();
  if (may_begin && !holds_run(arguments.out)) return;
  arguments.config = load_train_config(arguments.out);
  for (CLI::Option* option : app.get_options()) {
    if (option->count() > 0 && option->get_lnames() != std::vector<std::string>{"help"}) {
      option->run_callback();
    }
  }
}

class TerminalObserver : public TrainObserver {
 public:
  void message(const std::string& text) override { bar_.message(text); }

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
    bar_.message(
        fmt::format("epoch {}/{}  loss {:.4f}  accuracy {}  validation: loss {:.4f}  "
                    "top-1 {}  top-5 {}  {}{}",
                    s.epoch, s.epochs, s.train_loss, percent(s.train_top1), s.validation.loss,
                    percent(s.validation.top1), percent(s.validation.top5), duration(s.seconds),
                    s.best ? "  best" : ""));
  }

 private:
  ProgressBar bar_;
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

int run_train(CLI::App& app, TrainArguments& arguments) {
  if (arguments.resume) {
    take_up_earlier_run(app, arguments);
  } else if (arguments.config.data.empty()) {
    throw CLI::RequiredError("DATA");
  }
  if (!arguments.resume || arguments.config.command.empty()) {
    arguments.config.command = arguments.command_line;
  }
  const fs::path folder =
      arguments.out.empty() ? first_free_folder(arguments.config.data) : fs::path(arguments.out);
  if (app.count("--recipe") > 0) fmt::print(stderr, "{}\n", recipe_table(arguments.config));
  TerminalObserver observer;
  const std::atomic<bool>& stop = stop_on_signals();
  const TrainResult result = train(arguments.config, folder, arguments.resume, observer, stop);
  if (result.interrupted && !holds_run(folder)) {
    observer.message("interrupted before the first step; there is nothing to resume");
    return kInterrupted;
  }
  const std::string word = shell_word(folder.string());
  if (arguments.report) make_report(folder, result, observer, stop);
  if (result.interrupted) {
    observer.message(
        fmt::format("interrupted after step {}; resume with: alexnet train --resume --out {}",
                    result.steps, word));
    return kInterrupted;
  }
  if (result.bad_images > 0) {
    observer.message(fmt::format("{} images could not be decoded and were left out: {}",
                                 with_thousands(static_cast<std::int64_t>(result.bad_images)),
                                 (folder / "bad_images.jsonl").string()));
  }
  fmt::print("{}: validation top-1 {}\n", (folder / "best.safetensors").string(),
             percent(result.best_top1));
  observer.message(
      fmt::format("evaluate it with: alexnet eval {} {}", word, shell_word(arguments.config.data)));
  return kDone;
}

}  // namespace

Command add_train_command(CLI::App& program, const std::string& command_line) {
  CLI::App* app = program.add_subcommand("train", "Train a network into a run folder");
  const auto arguments = std::make_shared<TrainArguments>();
  arguments->command_line = command_line;
  TrainConfig& config = arguments->config;
  app->add_option(
         "DATA", config.data,
         "fashion-mnist, mnist, cifar-10, cifar-100, a folder of their files, or a folder of "
         "class folders of images; or tar shards of these")
      ->type_name("");
  add_recipe_option(*app, config);
  add_network_options(*app, config);
  add_finetune_options(*app, config);
  add_length_options(*app, config);
  add_schedule_options(*app, config.schedule);
  add_update_options(*app, config);
  add_data_options(*app, config);
  add_running_options(*app, *arguments);
  app->footer(
      "Example: alexnet train fashion-mnist --epochs 3 --out runs/fashion\n"
      "Ctrl-C stops after the step and keeps the work; a run resumes with the options that it "
      "began\n"
      "with. Only --threads, --workers, --checkpoint-every, --on-bad-image and --tensorboard may\n"
      "change; they are given at each --resume anew.");
  return {.app = app, .run = [app, arguments] { return run_train(*app, *arguments); }};
}

}  // namespace alexnet::cli
