#include <alexnet/report.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "core/file.h"

namespace alexnet::cli {
namespace {

struct ReportArguments {
  std::string run;
  std::string out;
  ReportOptions options;
};

int run_report(const ReportArguments& arguments) {
  ProgressBar bar;
  const std::filesystem::path page = arguments.out.empty()
                                         ? std::filesystem::path(arguments.run) / "report.html"
                                         : std::filesystem::path(arguments.out);
  if (!arguments.out.empty()) try_to_write(page);
  write_report(arguments.run, page, arguments.options, [&](std::int64_t done, std::int64_t total) {
    bar.show_count("report", done, total);
  });
  bar.clear();
  print_known_set_note(arguments.options.data);
  fmt::print("{}\n", page.string());
  return kDone;
}

}  // namespace

Command add_report_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("report", "Make a page about a training run");
  const auto arguments = std::make_shared<ReportArguments>();
  ReportOptions& options = arguments->options;
  app->add_option("RUN", arguments->run, "run folder")->type_name("")->required();
  app->add_option("--data", options.data,
                  "show this data's images in place of the run's validation images")
      ->type_name("DATA");
  add_split_option(*app, options.split, "as for eval")->needs("--data");
  app->add_option("--out", arguments->out, "the page")
      ->type_name("FILE")
      ->default_str("RUN/report.html");
  whole_number(app->add_option("--images", options.images, "images to evaluate at most"), 0,
               kUnlimited, "all")
      ->capture_default_str();
  whole_number(app->add_option("--training-images", options.training_images,
                               "training images searched for the nearest"),
               0, kUnlimited, "all")
      ->capture_default_str();
  add_engine_option(*app, options.engine)->default_str("the run's");
  add_threads_option(*app, options.threads);
  app->footer("Example: alexnet report runs/fashion --data fashion-mnist");
  return {.app = app, .run = [arguments] { return run_report(*arguments); }};
}

}  // namespace alexnet::cli
