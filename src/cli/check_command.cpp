#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "formats/json.h"

namespace alexnet::cli {
namespace {

struct CheckArguments {
  std::string data;
  int threads = 0;
  bool json = false;
};

bool same_samples(const Dataset& a, const Dataset& b) {
  return a.size() == b.size() && a.name(0) == b.name(0) && !a.uniform_size();
}

// Every part that the set has: a folder need not have all.
std::vector<CheckedPart> open_parts(const std::string& data, ProgressBar& bar) {
  std::vector<CheckedPart> parts;
  parts.push_back({.name = "train", .dataset = open_dataset(data, Split::train), .survey = {}});
  if (DatasetPtr validation = open_dataset(data, Split::validation)) {
    parts.push_back({.name = "validation", .dataset = std::move(validation), .survey = {}});
  }
  try {
    DatasetPtr test = open_dataset(data, Split::test);
    if (!same_samples(*test, *parts.front().dataset)) {
      parts.push_back({.name = "test", .dataset = std::move(test), .survey = {}});
    }
  } catch (const Error& error) {
    bar.message(fmt::format("note: no test set is checked: {}", error.what()));
  }
  return parts;
}

int run_check(const CheckArguments& arguments) {
  ProgressBar bar;
  std::vector<CheckedPart> parts = open_parts(arguments.data, bar);
  for (CheckedPart& part : parts) {
    const auto size = static_cast<std::int64_t>(part.dataset->size());
    part.survey = survey(*part.dataset, arguments.threads, [&](std::size_t done) {
      bar.show_images(fmt::format("checking {}", part.name), static_cast<std::int64_t>(done), size);
    });
  }
  bar.clear();
  const Duplicates duplicates = find_duplicates(parts);
  if (arguments.json) {
    fmt::print("{}\n", to_text(check_json(parts, duplicates)));
  } else {
    fmt::print("{}", check_text(parts, duplicates));
  }
  const bool damaged =
      std::ranges::any_of(parts, [](const CheckedPart& part) { return !part.survey.bad.empty(); });
  return damaged ? kFailed : kDone;
}

}  // namespace

Command add_check_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "check", "Read a whole set: damaged files, classes, sizes, duplicates, colours");
  const auto arguments = std::make_shared<CheckArguments>();
  app->add_option("DATA", arguments->data, "data as for training")->type_name("")->required();
  add_threads_option(*app, arguments->threads);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet check photos\nThe exit code is 1 when files are damaged.");
  return {.app = app, .run = [arguments] { return run_check(*arguments); }};
}

}  // namespace alexnet::cli
