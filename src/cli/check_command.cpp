#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/known_set.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "core/counted.h"
#include "core/json.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"
#include "model/class_map.h"

namespace alexnet::cli {
namespace {

struct CheckArguments {
  std::string data;
  int threads = 0;
  bool json = false;
};

// A part that cannot be opened is damage like any other, but for that of a set without a whole one.
std::vector<CheckedPart> open_parts(const std::string& data, const DatasetParts& there) {
  std::vector<CheckedPart> parts;
  std::optional<Error> first;
  for (const auto& [split, path] : there.parts) {
    CheckedPart& part = parts.emplace_back();
    part.name = full_split_name(split);
    try {
      part.dataset = open_dataset(data, split);
    } catch (const Error& error) {
      part.problem = error.what();
      if (!first) first = error;
    }
  }
  const auto is_open = [](const CheckedPart& part) { return part.dataset != nullptr; };
  if (first && std::ranges::none_of(parts, is_open)) throw *first;
  return parts;
}

void find_unknown_classes(std::vector<CheckedPart>& parts) {
  const CheckedPart& training = parts.front();
  if (training.name != full_split_name(Split::train) || training.dataset == nullptr) return;
  for (CheckedPart& part : parts) {
    if (part.dataset == nullptr) continue;
    part.unknown_classes =
        map_classes(part.dataset->classes(), training.dataset->classes()).unknown;
  }
}

void check_part(CheckedPart& part, int threads, ProgressBar& bar) {
  const auto bytes = [](std::uint64_t count) {
    return with_thousands(static_cast<std::int64_t>(count));
  };
  part.bad_shards = check_shards(*part.dataset, [&](std::uint64_t done, std::uint64_t total) {
    bar.show(fmt::format("checking the shards of {}", part.name),
             static_cast<double>(done) / static_cast<double>(total),
             fmt::format("{} of {} bytes", bytes(done), bytes(total)));
  });
  part.survey = survey(*part.dataset, threads, [&](std::size_t done) {
    bar.show_count(fmt::format("checking {}", part.name), static_cast<std::int64_t>(done),
                   static_cast<std::int64_t>(part.dataset->size()));
  });
}

int run_check(const CheckArguments& arguments) {
  ProgressBar bar;
  const DatasetParts there = describe_parts(arguments.data);
  std::vector<CheckedPart> parts = open_parts(arguments.data, there);
  find_unknown_classes(parts);
  print_known_set_note(arguments.data);
  for (CheckedPart& part : parts) {
    if (part.dataset != nullptr) check_part(part, arguments.threads, bar);
  }
  bar.clear();
  const Duplicates duplicates = find_duplicates(parts);
  if (arguments.json) {
    fmt::print("{}\n", to_text(check_json(parts, there.ignored, duplicates)));
  } else {
    fmt::print("{}", check_text(parts, duplicates));
    const std::string ignored = ignored_note(there);
    if (!ignored.empty()) fmt::print("\n{}\n", ignored);
  }
  return std::ranges::any_of(parts, &CheckedPart::is_damaged) ? kBadInput : kDone;
}

}  // namespace

Command add_check_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "check", "Check a whole data set: damaged files, classes, sizes, duplicates, colours");
  const auto arguments = std::make_shared<CheckArguments>();
  app->add_option("DATA", arguments->data, "data as for training")->type_name("")->required();
  add_threads_option(*app, arguments->threads);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet check photos\nThe exit code is 1 when files are damaged.");
  return {.app = app, .run = [arguments] { return run_check(*arguments); }};
}

}  // namespace alexnet::cli
