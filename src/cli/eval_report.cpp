#include "cli/eval_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/left_out_json.h"
#include "cli/text.h"
#include "core/counted.h"
#include "core/name_list.h"
#include "data/sets/split.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

std::int64_t sum(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::string share(double value) {
  return fmt::format("{:.2f} %", 100.0 * value);
}

// What the precision costs: " (fp32 86.20 %, change -0.01)".
std::string against_fp32(double value, double fp32) {
  return fmt::format("  (fp32 {}, change {:+.2f})", share(fp32), 100.0 * (value - fp32));
}

std::string averages(const Score& score) {
  return fmt::format("precision {}, recall {}, F1 {}", share(score.precision), share(score.recall),
                     share(score.f1));
}

// "40 images of 2 classes that the network does not know (ant, bee): none of them can be right"
std::string unknown_text(const EvalReport& report) {
  const std::int64_t images = sum(report.evaluation.unknown);
  const auto classes = static_cast<std::int64_t>(report.set.unknown.size());
  return fmt::format("{} of {} that the network does not know ({}): {} be right",
                     counted(images, "image"), classes == 1 ? "a class" : counted(classes, "class"),
                     some_names(report.set.unknown),
                     images == 1 ? "it cannot" : "none of them can");
}

std::string summary(const EvalReport& report, const ClassScores& scores) {
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
  if (!report.rounded.empty()) table.add({"rounded", report.rounded});
  if (report.fp32) table.add({"precision", std::string(to_string(report.precision))});
  table.add({"data", fmt::format("{}, {} {}", report.images.data, with_thousands(evaluation.images),
                                 report.images.description(evaluation.images == 1))});
  if (!report.set.unknown.empty()) table.add({"apart", unknown_text(report)});
  if (report.centre) {
    table.add({"crops", fmt::format("{}, their probabilities averaged; the centre alone: loss "
                                    "{:.4f}, top-1 {}, top-5 {}",
                                    report.crops, report.centre->loss, share(report.centre->top1),
                                    share(report.centre->top5))});
  }
  table.add({"loss", loss});
  table.add({"top-1", top1});
  table.add({"top-5", top5});
  table.add({"macro", averages(scores.macro)});
  table.add({"weighted", averages(scores.weighted)});
  return table.text() + "\n";
}

std::string classes_text(const EvalReport& report, const ClassScores& scores) {
  Table table("rlrrrr");
  table.add({"", "class", "precision", "recall", "F1", "images"});
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    const Score& score = scores.classes[i];
    table.add({std::to_string(i), report.classes[i], percent(score.precision),
               percent(score.recall), percent(score.f1),
               with_thousands(sum(report.evaluation.confusion[i]))});
  }
  for (std::size_t i = 0; i < report.set.unknown.size(); ++i) {
    table.add({"-", report.set.unknown[i] + " (unknown)", "-", "-", "-",
               with_thousands(report.evaluation.unknown[i])});
  }
  return table.text() + "\n";
}

std::string matrix(const Evaluation& evaluation) {
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
  return fmt::format("confusion: a row for each label, a column for each prediction\n{}",
                     table.text());
}

// For more classes than a matrix can show.
std::string most_confused(const EvalReport& report) {
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
  return fmt::format("most often confused (--json gives the whole matrix)\n{}", table.text());
}

json to_json(const Score& score) {
  return {{"precision", score.precision}, {"recall", score.recall}, {"f1", score.f1}};
}

json classes_json(const EvalReport& report, const ClassScores& scores) {
  json classes = json::array();
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    json row = to_json(scores.classes[i]);
    row["name"] = report.classes[i];
    row["images"] = sum(report.evaluation.confusion[i]);
    classes.push_back(std::move(row));
  }
  return classes;
}

json unknown_json(const EvalReport& report) {
  json classes = json::array();
  for (std::size_t i = 0; i < report.set.unknown.size(); ++i) {
    classes.push_back({{"name", report.set.unknown[i]}, {"images", report.evaluation.unknown[i]}});
  }
  return classes;
}

}  // namespace

std::string eval_text(const EvalReport& report) {
  const ClassScores scores = class_scores(report.evaluation.confusion);
  constexpr std::size_t kMatrixLimit = 20;
  return summary(report, scores) + classes_text(report, scores) +
         (report.classes.size() <= kMatrixLimit ? matrix(report.evaluation)
                                                : most_confused(report));
}

json eval_json(const EvalReport& report) {
  const Evaluation& evaluation = report.evaluation;
  const std::optional<bool>& trained_on = report.images.trained_on;
  const ClassScores scores = class_scores(evaluation.confusion);
  json result{{"weights", report.weights},
              {"data", report.images.data},
              {"split", split_name(report.images.split)},
              {"held_out_by_run", report.images.held_out},
              {"given_for_validation", report.images.given},
              {"trained_on", trained_on ? json(*trained_on) : json()},
              {"precision", to_string(report.precision)},
              {"rounded", report.rounded.empty() ? json() : json(report.rounded)},
              {"images", evaluation.images},
              {"bad_images", report.bad_images.size()},
              {"left_out", left_out_json(*report.images.dataset)},
              {"loss", evaluation.loss},
              {"top1", evaluation.top1},
              {"top5", evaluation.top5},
              {"macro", to_json(scores.macro)},
              {"weighted", to_json(scores.weighted)},
              {"classes", classes_json(report, scores)},
              {"classes_compared_by", report.set.by_name ? "name" : "number"},
              {"unknown_classes", unknown_json(report)},
              {"confusion", evaluation.confusion},
              {"crops", report.crops}};
  const auto add = [&result](const char* key, const Evaluation& other) {
    result[key] = {{"loss", other.loss}, {"top1", other.top1}, {"top5", other.top5}};
  };
  if (report.fp32) add("fp32", *report.fp32);
  if (report.centre) add("centre_crop", *report.centre);
  return result;
}

}  // namespace alexnet::cli
