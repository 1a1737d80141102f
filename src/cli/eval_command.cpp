#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <alexnet/model.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/eval_report.h"
#include "cli/known_set.h"
#include "cli/messages.h"
#include "cli/on_ranks.h"
#include "cli/options.h"
#include "cli/precision_note.h"
#include "cli/prediction_file.h"
#include "cli/progress_bar.h"
#include "cli/weights.h"
#include "core/json.h"
#include "data/sets/fingerprint.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"
#include "formats/common/input_convention.h"
#include "infer/bad_image_text.h"
#include "infer/model_evaluator.h"
#include "infer/rank_facts.h"
#include "ranks/together.h"

namespace alexnet::cli {
namespace {

struct EvalArguments {
  std::string weights;
  std::string data;
  int batch_size = 128;
  int crops = 1;
  std::string engine = kDefaultEngine;
  int threads = 0;
  Precision precision = Precision::fp32;
  OnBadImage on_bad_image = OnBadImage::stop;
  std::optional<Split> split;
  std::string predictions;
  bool json = false;
};

// Of all ranks, as one process meets them.
std::vector<BadImage> bad_images_of(Communicator& ranks, const ModelEvaluator& evaluator) {
  std::string own;
  for (const BadImage& image : evaluator.bad_images()) own += to_text(image);
  std::vector<BadImage> all;
  for (const std::string& text : all_gather(ranks, own)) {
    std::ranges::move(parse_bad_images(text), std::back_inserter(all));
  }
  if (ranks.size() > 1) std::ranges::sort(all, {}, &BadImage::index);
  return all;
}

// The class of every image goes to the file, where one is wanted.
void evaluate_model(Communicator& ranks, Model model, const EvalArguments& arguments,
                    PredictionFile* file, ProgressBar& bar, EvalReport& report) {
  const bool crops = arguments.crops > 1;
  std::optional<ModelEvaluator> evaluator;
  do_together(ranks, [&] {
    evaluator.emplace(std::move(model), report.set,
                      EvaluatorOptions{.batch_size = arguments.batch_size,
                                       .ten_crops = crops,
                                       .engine = arguments.engine,
                                       .threads = arguments.threads,
                                       .on_bad_image = arguments.on_bad_image,
                                       .ranks = &ranks});
  });
  report.crops = evaluator->views();
  const auto at = [&](Precision precision, PredictionFile* predictions) {
    std::unique_ptr<Plan> plan;
    do_together(ranks, [&] { plan = evaluator->compile(precision); });
    note_wider_layers(plan->layers());
    return evaluator->run(
        *plan,
        [&, activity = fmt::format("evaluating {}", to_string(precision))](std::int64_t done,
                                                                           std::int64_t total) {
          if (ranks.rank() == 0) bar.show_count(activity, done, total);
        },
        [&](const Batch& batch, const Outputs& outputs) {
          if (predictions != nullptr) predictions->add(batch, outputs);
        });
  };
  CropsEvaluation result = at(report.precision, file);
  report.evaluation = std::move(result.averaged);
  if (crops) report.centre = std::move(result.centre);
  if (report.precision != Precision::fp32) report.fp32 = at(Precision::fp32, nullptr).averaged;
  report.bad_images = bad_images_of(ranks, *evaluator);
}

// The folder of a run's weights, as far as it is one.
std::filesystem::path folder_of(const std::string& weights) {
  const std::filesystem::path folder = std::filesystem::path(weights).parent_path();
  return folder.empty() ? "." : folder;
}

// Of images that were not asked for; empty where they were.
std::string substitution(const EvalArguments& arguments, const EvaluationImages& images) {
  const Split wanted = arguments.split.value_or(Split::test);
  const bool others = images.data != arguments.data;
  if (images.split == wanted && !others) return "";
  return fmt::format(
      "note: {} has no {} part; evaluating the {}{}", arguments.data, full_split_name(wanted),
      images.description(images.dataset->size() == 1),
      others ? fmt::format(" of {}, which the run was given (--val)", images.data) : "");
}

EvalReport describe(const EvalArguments& arguments, const Weights& weights) {
  const std::filesystem::path run = folder_of(weights.path);
  EvalReport report{.weights = weights.path,
                    .images = evaluation_images(arguments.data, arguments.split, run),
                    .classes = weights.model.classes,
                    .set = {},
                    .precision = arguments.precision,
                    .rounded = rounded_before(weights.model),
                    .evaluation = {}};
  EvaluationImages& images = report.images;
  if (arguments.json) images.trained_on = was_trained_on(images, run);
  print_known_set_note(arguments.data);
  print_note(substitution(arguments, images));
  print_note(left_out_note(*images.dataset, images.split));
  report.set = match_classes(images.dataset, report.classes, images.data);
  for (const std::string& remark : report.set.remarks) print_message(remark);
  return report;
}

// What ranks must have alike, or their shares are not of one evaluation.
std::vector<Fact> facts_of(const EvalArguments& arguments, const Weights& weights,
                           const EvalReport& report) {
  std::vector<Fact> facts = program_facts(arguments.engine);
  facts.push_back(weights_fact(weights.model));
  facts.push_back({"the fingerprint of the images", fingerprint(*report.set.dataset).hash});
  facts.push_back({"--precision", std::string(to_string(arguments.precision))});
  facts.push_back({"--batch-size", std::to_string(arguments.batch_size)});
  facts.push_back({"--crops", std::to_string(arguments.crops)});
  facts.push_back({"--on-bad-image", std::string(to_string(arguments.on_bad_image))});
  return facts;
}

EvalReport evaluate_on(Communicator& ranks, const EvalArguments& arguments, ProgressBar& bar) {
  Weights weights;
  EvalReport report;
  std::optional<PredictionFile> file;
  do_together(ranks, [&] {
    if (ranks.size() > 1 && !arguments.predictions.empty()) {
      throw Error("one process writes --predictions; run eval without mpirun",
                  ErrorKind::unsupported);
    }
    weights = open_weights(arguments.weights);
    report = describe(arguments, weights);
    if (arguments.predictions.empty()) return;
    // Compared by number, a label keeps the name that the set has for it.
    const Dataset& labels = report.set.by_name ? *report.set.dataset : *report.images.dataset;
    file.emplace(arguments.predictions, report.set.dataset, labels.classes(), report.classes);
  });
  if (ranks.size() > 1) require_same(ranks, facts_of(arguments, weights, report));
  evaluate_model(ranks, std::move(weights.model), arguments, file ? &*file : nullptr, bar, report);
  if (file) file->commit();
  return report;
}

int run_eval(const EvalArguments& arguments) {
  EvalReport report;
  ProgressBar bar;
  const std::optional<int> ended =
      on_ranks([&](Communicator& ranks) { report = evaluate_on(ranks, arguments, bar); });
  if (ended) return *ended;
  for (const BadImage& image : report.bad_images) {
    bar.message(fmt::format("left out: {} {}", image.name, image.problem));
  }
  bar.clear();
  if (arguments.json) {
    fmt::print("{}\n", to_text(eval_json(report)));
  } else {
    fmt::print("{}", eval_text(report));
  }
  return kDone;
}

}  // namespace

Command add_eval_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "Evaluate weights on labelled images");
  const auto arguments = std::make_shared<EvalArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("DATA", arguments->data, "data as for training")->type_name("")->required();
  add_split_option(*app, arguments->split,
                   "test, or the run's validation images where its data has no test part");
  app->add_option("--predictions", arguments->predictions,
                  "CSV file for the name, label, predicted class and its probability of each image")
      ->type_name("FILE");
  whole_number(app->add_option("--batch-size", arguments->batch_size, "images at a time"), 1,
               65'536)
      ->capture_default_str();
  add_crops_option(*app, arguments->crops);
  add_engine_option(*app, arguments->engine);
  add_threads_option(*app, arguments->threads);
  add_precision_option(*app, arguments->precision);
  add_bad_image_option(*app, arguments->on_bad_image);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet eval runs/fashion fashion-mnist");
  return {.app = app, .run = [arguments] { return run_eval(*arguments); }};
}

}  // namespace alexnet::cli
