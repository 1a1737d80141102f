#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <alexnet/model.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/text.h"
#include "cli/training_options.h"
#include "cli/weights.h"
#include "core/threads.h"
#include "formats/json.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

struct EvalArguments {
  std::string weights;
  std::string data;
  int batch_size = 128;
  int crops = 1;
  int threads = 0;
  Precision precision = Precision::fp32;
  OnBadImage on_bad_image = OnBadImage::stop;
  bool json = false;
};

// What was evaluated, and how it did.
struct Report {
  std::string weights;
  std::string data;
  std::vector<std::string> classes;
  Precision precision = Precision::fp32;
  Evaluation evaluation;
  std::optional<Evaluation> fp32;    // where the precision is another, for comparison
  std::vector<BadImage> bad_images;  // left out
  int crops = 1;                     // of each image
  std::optional<Evaluation> centre;  // where crops are averaged, the centre's alone
};

void check_classes(const Report& report, const Dataset& dataset, ProgressBar& bar) {
  if (report.classes.size() != dataset.classes().size()) {
    throw Error(
        fmt::format("{} knows {} classes and {} has {}; evaluate on data of its own classes",
                    report.weights, report.classes.size(), report.data, dataset.classes().size()));
  }
  if (report.classes != dataset.classes()) {
    bar.message(
        fmt::format("note: the class names of {} and {} differ; they are compared by number",
                    report.weights, report.data));
  }
}

CropsEvaluation evaluate_plan(Plan& plan, Loader& loader, const std::string& activity,
                              ProgressBar& bar) {
  return evaluate_crops(plan, loader, [&](std::int64_t done, std::int64_t total) {
    bar.show_images(activity, done, total);
  });
}

void evaluate_model(Model model, const DatasetPtr& dataset, const EvalArguments& arguments,
                    ProgressBar& bar, Report& report) {
  const bool crops = arguments.crops > 1;
  const int views = crops ? static_cast<int>(ten_crops(model.preprocess).size()) : 1;
  const int samples = std::max(arguments.batch_size / views, 1);
  report.crops = views;
  Loader loader(dataset, {.batch_size = samples,
                          .workers = reading_threads(),
                          .preprocess = model.preprocess,
                          .ten_crops = crops,
                          .on_bad_image = arguments.on_bad_image});
  const auto parameters = std::make_shared<const Parameters>(std::move(model.parameters));
  const auto at = [&](Precision precision) {
    const auto plan = engine().compile(model.architecture, parameters,
                                       {.max_batch = samples * views,
                                        .threads = arguments.threads,
                                        .precision = precision,
                                        .normalization = model.normalization});
    return evaluate_plan(*plan, loader, fmt::format("evaluating {}", to_string(precision)), bar);
  };
  CropsEvaluation result = at(report.precision);
  report.evaluation = std::move(result.averaged);
  if (crops) report.centre = std::move(result.centre);
  if (report.precision != Precision::fp32) report.fp32 = at(Precision::fp32).averaged;
  report.bad_images = loader.bad_images();
}

void print_json(const Report& report) {
  const Evaluation& evaluation = report.evaluation;
  json classes = json::object();
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    classes[report.classes[i]] = evaluation.class_accuracy(i);
  }
  json result{{"weights", report.weights},
              {"data", report.data},
              {"precision", to_string(report.precision)},
              {"images", evaluation.images},
              {"bad_images", report.bad_images.size()},
              {"loss", evaluation.loss},
              {"top1", evaluation.top1},
              {"top5", evaluation.top5},
              {"classes", classes},
              {"confusion", evaluation.confusion}};
  const auto add = [&result](const char* key, const Evaluation& other) {
    result[key] = {{"loss", other.loss}, {"top1", other.top1}, {"top5", other.top5}};
  };
  result["crops"] = report.crops;
  if (report.fp32) add("fp32", *report.fp32);
  if (report.centre) add("centre_crop", *report.centre);
  fmt::print("{}\n", to_text(result));
}

std::string share(double value) {
  return fmt::format("{:.2f} %", 100.0 * value);
}

// What the precision costs: " (fp32 86.20 %, change -0.01)".
std::string against_fp32(double value, double fp32) {
  return fmt::format("  (fp32 {}, change {:+.2f})", share(fp32), 100.0 * (value - fp32));
}

void print_summary(const Report& report) {
  const Evaluation& evaluation = report.evaluation;
  std::string loss = fmt::format("{:.4f}", evaluation.loss);
  std::string top1 = share(evaluation.top1);
  std::string top5 = share(evaluation.top5);
  if (report.fp32) {
    loss += fmt::format("   (fp32 {:.4f}, change {:+.4f})", report.fp32->loss,
                        evaluation.loss - report.fp32->loss);
    top1 += against_fp32(evaluation.top1, report.fp32->top1);
    top5 += against_fp32(evaluation.top5, report.fp32->top5);
  }
  Table table("ll");
  table.add({"weights", report.weights});
  if (report.fp32) table.add({"precision", std::string(to_string(report.precision))});
  table.add(
      {"data", fmt::format("{}, {} test images", report.data, with_thousands(evaluation.images))});
  if (report.centre) {
    table.add({"crops", fmt::format("{}, their probabilities averaged; the centre alone: loss "
                                    "{:.4f}, top-1 {}, top-5 {}",
                                    report.crops, report.centre->loss, share(report.centre->top1),
                                    share(report.centre->top5))});
  }
  table.add({"loss", loss});
  table.add({"top-1", top1});
  table.add({"top-5", top5});
  fmt::print("{}\n", table.text());
}

void print_classes(const Report& report) {
  Table table("rlrr");
  table.add({"", "class", "accuracy", "images"});
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    const auto& row = report.evaluation.confusion[i];
    table.add({std::to_string(i), report.classes[i], percent(report.evaluation.class_accuracy(i)),
               with_thousands(std::accumulate(row.begin(), row.end(), std::int64_t{0}))});
  }
  fmt::print("{}\n", table.text());
}

void print_matrix(const Evaluation& evaluation) {
  const std::size_t classes = evaluation.confusion.size();
  Table table(std::string(classes + 1, 'r'));
  std::vector<std::string> heading{""};
  for (std::size_t i = 0; i < classes; ++i) heading.push_back(std::to_string(i));
  table.add(std::move(heading));
  for (std::size_t label = 0; label < classes; ++label) {
    std::vector<std::string> cells{std::to_string(label)};
    for (const std::int64_t count : evaluation.confusion[label]) {
      cells.push_back(count == 0 ? "." : std::to_string(count));
    }
    table.add(std::move(cells));
  }
  fmt::print("confusion: a row for each label, a column for each prediction\n{}", table.text());
}

// For more classes than a matrix can show.
void print_most_confused(const Report& report) {
  struct Mistake {
    std::int64_t count;
    std::size_t label;
    std::size_t predicted;
  };
  std::vector<Mistake> mistakes;
  for (std::size_t label = 0; label < report.classes.size(); ++label) {
    for (std::size_t predicted = 0; predicted < report.classes.size(); ++predicted) {
      const std::int64_t count = report.evaluation.confusion[label][predicted];
      if (label != predicted && count > 0) mistakes.push_back({count, label, predicted});
    }
  }
  std::ranges::stable_sort(mistakes, std::ranges::greater{}, &Mistake::count);
  constexpr std::size_t kShown = 20;
  mistakes.resize(std::min(mistakes.size(), kShown));
  Table table("lrl");
  table.add({"label", "images", "taken for"});
  for (const Mistake& mistake : mistakes) {
    table.add({report.classes[mistake.label], std::to_string(mistake.count),
               report.classes[mistake.predicted]});
  }
  fmt::print("most often confused (--json gives the whole matrix)\n{}", table.text());
}

int run_eval(const EvalArguments& arguments) {
  ProgressBar bar;
  auto [path, model] = open_weights(arguments.weights);
  Report report{.weights = path,
                .data = arguments.data,
                .classes = model.classes,
                .precision = arguments.precision};
  const DatasetPtr dataset = open_dataset(arguments.data, Split::test);
  check_classes(report, *dataset, bar);
  evaluate_model(std::move(model), dataset, arguments, bar, report);
  for (const BadImage& image : report.bad_images) {
    bar.message(fmt::format("left out: {} {}", image.name, image.problem));
  }
  bar.clear();
  if (arguments.json) {
    print_json(report);
    return kDone;
  }
  print_summary(report);
  print_classes(report);
  constexpr std::size_t kMatrixLimit = 20;
  if (report.classes.size() <= kMatrixLimit) {
    print_matrix(report.evaluation);
  } else {
    print_most_confused(report);
  }
  return kDone;
}

}  // namespace

Command add_eval_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "Evaluate weights on a test set");
  const auto arguments = std::make_shared<EvalArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("DATA", arguments->data, "data as for training; its test set is read")
      ->type_name("")
      ->required();
  whole_number(app->add_option("--batch-size", arguments->batch_size, "images at a time"), 1,
               65'536)
      ->capture_default_str();
  add_crops_option(*app, arguments->crops);
  add_threads_option(*app, arguments->threads);
  add_precision_option(*app, arguments->precision);
  add_bad_image_option(*app, arguments->on_bad_image);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet eval runs/fashion fashion-mnist");
  return {.app = app, .run = [arguments] { return run_eval(*arguments); }};
}

}  // namespace alexnet::cli
