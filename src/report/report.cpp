#include <alexnet/error.h>
#include <alexnet/report.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "core/file.h"
#include "core/name_list.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"
#include "infer/matched_set.h"
#include "report/assets.h"
#include "report/page.h"
#include "report/page_data.h"
#include "report/short_names.h"
#include "train/environment.h"
#include "train/evaluation_images.h"
#include "train/train_config.h"
#include "train/training_data.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// The images that a report is about.
struct Subject {
  EvaluationImages images;
  DatasetPtr training;  // null: gone
};

// The run's data, with a note where it is no longer what the run was trained on.
TrainingData data_of(const RunFolder& run, json& notes) {
  TrainingData data = open_training_data(run.config);
  const std::string change = change_of_data(run.path, data);
  if (!change.empty()) {
    notes.push_back(fmt::format("{} has changed since the run was trained on it ({}).",
                                run.config.data, change));
  }
  return data;
}

Subject validation_images(const RunFolder& run, json& notes) {
  const std::size_t unchanged = notes.size();
  TrainingData data = data_of(run, notes);
  if (data.validation == nullptr) throw Error("the run kept no images for validation");
  const bool changed = notes.size() > unchanged || has_changed_data(run.path);
  return {.images = {.dataset = std::move(data.validation),
                     .data = data_of_validation(run.config),
                     .split = Split::validation,
                     .was_changed = data.held_out && changed},
          .training = std::move(data.train)};
}

Subject images_of(const RunFolder& run, const ReportOptions& options, json& notes) {
  Subject subject{.images = evaluation_images(options.data, options.split, run.path),
                  .training = {}};
  try {
    subject.training = data_of(run, notes).train;
  } catch (const Error& error) {
    notes.push_back(fmt::format("Without the nearest training images: {}.", error.what()));
  }
  return subject;
}

void add_remarks(const Subject& subject, const MatchedSet& set, const Assessment& found,
                 json& notes) {
  const EvaluationImages& shown = subject.images;
  if (shown.trained_on.value_or(false) || shown.held_out || shown.given || shown.was_changed) {
    notes.push_back(fmt::format("These are {}.", shown.description()));
  }
  const std::string left_out = left_out_note(*shown.dataset, shown.split);
  if (!left_out.empty()) notes.push_back(fmt::format("{}.", left_out));
  for (const std::string& remark : set.remarks) notes.push_back(remark);
  const std::vector<std::int64_t>& unknown = found.evaluation.unknown;
  if (const auto images = std::accumulate(unknown.begin(), unknown.end(), std::int64_t{0});
      images > 0) {
    notes.push_back(
        images == 1
            ? fmt::format("1 image is of a class that the network does not know ({}); it cannot be "
                          "right, so it is left out.",
                          some_names(set.unknown))
            : fmt::format("{} images are of classes that the network does not know ({}); none of "
                          "them can be right, so they are left out.",
                          images, some_names(set.unknown)));
  }
  if (const std::size_t bad = found.bad_images.size(); bad > 0) {
    notes.push_back(fmt::format("Left out, as they could not be decoded: {} image{}.", bad,
                                bad == 1 ? "" : "s"));
  }
}

// config.json holds what the run started with; it may have been resumed to leave out bad images.
OnBadImage on_bad_image(const RunFolder& run) {
  return fs::exists(run.path / "bad_images.jsonl") ? OnBadImage::skip : run.config.on_bad_image;
}

void add_assessment(const RunFolder& run, const Model& model, const ReportOptions& options,
                    const EvaluationProgress& progress, json& data) {
  json& notes = data["notes"];
  const Subject subject =
      options.data.empty() ? validation_images(run, notes) : images_of(run, options, notes);
  const MatchedSet set = match_classes(subject.images.dataset, model.classes, subject.images.data);
  const DatasetPtr images = spread(set.dataset, options.images);
  const DatasetPtr training =
      subject.training == nullptr
          ? nullptr
          : spread(match_classes(subject.training, model.classes, run.config.data).dataset,
                   options.training_images);
  const Assessment found =
      assess(model, images, training,
             {.engine = options.engine.empty() ? run.config.engine : options.engine,
              .threads = options.threads == 0 ? run.config.threads : options.threads,
              .on_bad_image = on_bad_image(run)},
             progress);
  add_remarks(subject, set, found, notes);
  data.update(assessment_data(found, model, *images, training.get()));
  data["evaluation"]["set"] = {{"of", set.dataset->size()},
                               {"split", full_split_name(subject.images.split)},
                               {"data", without_folder(subject.images.data)},
                               {"classes_compared_by", set.by_name ? "name" : "number"}};
  data["neighbours_among"] = training == nullptr ? 0 : training->size();
  data["network"] = network_data(model, found.layers);
}

json without_network(const RunFolder& run) {
  json data{{"run", run_data(run)}, {"notes", json::array()}};
  for (const auto& [step, what] : data_changes(run.path)) {
    data["notes"].push_back(
        fmt::format("From step {} on the run trained on changed data ({}).", step + 1, what));
  }
  if (run.weights.empty()) {
    data["notes"].push_back("The run has no weights yet, so only its curves are shown.");
  }
  return data;
}

void write_page(const fs::path& file, json data) {
  for (json& note : data["notes"]) note = without_folders(note.get<std::string>());
  const Environment here = this_environment(kDefaultEngine);
  data["made"] = {{"time", here.time}, {"alexnet", here.version}, {"processor", here.processor}};
  write_text_file(
      file,
      to_html({.title = data["run"]["name"].get<std::string>() + " · alexnet",
               .scripts = {assets::kCurvesScript, assets::kConfusionScript, assets::kReportScript},
               .chart_library = assets::kChartLibrary,
               .chart_licence = assets::kChartLicence},
              data));
}

}  // namespace

void write_report(const fs::path& run_folder, const fs::path& page, const ReportOptions& options,
                  const EvaluationProgress& progress) {
  const RunFolder run = read_run_folder(run_folder);
  json data = without_network(run);
  if (!run.weights.empty()) {
    const Model model = load_model(run.weights);
    try {
      add_assessment(run, model, options, progress, data);
    } catch (const Error& error) {
      if (!options.data.empty()) throw;
      data["notes"].push_back(fmt::format("Without pictures and accuracies: {}.", error.what()));
      data["network"] = network_data(model, {});
    }
  }
  write_page(page, std::move(data));
}

void write_live_report(const fs::path& run_folder, const fs::path& page, int reload_seconds) {
  const RunFolder run = read_run_folder(run_folder);
  json data = without_network(run);
  if (!run.weights.empty()) data["network"] = network_data(load_model(run.weights), {});
  data["reload_seconds"] = reload_seconds;
  write_page(page, std::move(data));
}

RunProgress run_progress(const fs::path& run_folder) {
  const RunFolder run = read_run_folder(run_folder);
  RunProgress progress{.lines = run.steps.size() + run.epochs.size(), .finished = run.finished};
  for (const auto* lines : {&run.steps, &run.epochs}) {
    if (lines->empty()) continue;
    progress.step = std::max(progress.step, lines->back()["step"].get<std::int64_t>());
  }
  return progress;
}

}  // namespace alexnet
