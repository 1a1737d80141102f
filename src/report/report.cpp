#include <alexnet/error.h>
#include <alexnet/report.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/file.h"
#include "report/assets.h"
#include "report/page.h"
#include "report/page_data.h"
#include "train/training_data.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// The images that a report is about.
struct Subject {
  DatasetPtr all;
  DatasetPtr training;  // null: gone
  std::string split;
  std::string data;
};

Subject validation_images(const RunFolder& run) {
  TrainingData data = open_training_data(run.config);
  return {.all = std::move(data.validation),
          .training = std::move(data.train),
          .split = "validation",
          .data = run.config.data};
}

Subject test_images(const RunFolder& run, const std::string& data, json& notes) {
  Subject subject{
      .all = open_dataset(data, Split::test), .training = {}, .split = "test", .data = data};
  try {
    subject.training = open_training_data(run.config).train;
  } catch (const Error& error) {
    notes.push_back(fmt::format("Without the nearest training images: {}.", error.what()));
  }
  return subject;
}

void check_classes(const Subject& subject, const Model& model, json& notes) {
  const std::vector<std::string>& classes = subject.all->classes();
  if (classes.size() != model.classes.size()) {
    throw Error(fmt::format("the network knows {} classes and {} has {}", model.classes.size(),
                            subject.data, classes.size()));
  }
  if (classes != model.classes) {
    notes.push_back(
        fmt::format("The class names of the network and of {} differ; they are compared by number.",
                    subject.data));
  }
}

// config.json holds what the run began with; it may have been resumed to leave out bad images.
OnBadImage on_bad_image(const RunFolder& run) {
  return fs::exists(run.path / "bad_images.jsonl") ? OnBadImage::skip : run.config.on_bad_image;
}

void add_assessment(const RunFolder& run, const Model& model, const ReportOptions& options,
                    const EvaluationProgress& progress, json& data) {
  json& notes = data["notes"];
  const Subject subject =
      options.data.empty() ? validation_images(run) : test_images(run, options.data, notes);
  check_classes(subject, model, notes);
  const DatasetPtr images = spread(subject.all, options.images);
  const DatasetPtr training =
      subject.training == nullptr ? nullptr : spread(subject.training, options.training_images);
  const Assessment found =
      assess(model, images, training,
             {.threads = options.threads == 0 ? run.config.threads : options.threads,
              .on_bad_image = on_bad_image(run)},
             progress);
  if (const std::size_t bad = found.bad_images.size(); bad > 0) {
    notes.push_back(fmt::format("Left out, as they could not be decoded: {} image{}.", bad,
                                bad == 1 ? "" : "s"));
  }
  data.update(assessment_data(found, model, *images, training.get()));
  data["evaluation"]["set"] = {
      {"of", subject.all->size()}, {"split", subject.split}, {"data", subject.data}};
  data["neighbours_among"] = training == nullptr ? 0 : training->size();
  data["network"] = network_data(model, found.layers);
}

json without_network(const RunFolder& run) {
  json data{{"run", run_data(run)}, {"notes", json::array()}};
  if (run.weights.empty()) {
    data["notes"].push_back("The run has no weights yet, so only its curves are shown.");
  }
  return data;
}

void write_page(const fs::path& file, const json& data) {
  write_text_file(file, to_html({.title = data["run"]["name"].get<std::string>() + " · alexnet",
                                 .scripts = {assets::kConfusionScript, assets::kReportScript},
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
  write_page(page, data);
}

void write_live_report(const fs::path& run_folder, const fs::path& page, int reload_seconds) {
  const RunFolder run = read_run_folder(run_folder);
  json data = without_network(run);
  if (!run.weights.empty()) data["network"] = network_data(load_model(run.weights), {});
  data["reload_seconds"] = reload_seconds;
  write_page(page, data);
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
