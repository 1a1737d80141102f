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
  DatasetPtr images;
  DatasetPtr training;
  json what;  ///< of how many, which split of which data
};

Subject open_subject(const RunFolder& run, const ReportOptions& options, std::size_t classes) {
  TrainingData data = open_training_data(run.config);
  const bool test = !options.data.empty();
  DatasetPtr all = test ? open_dataset(options.data, Split::test) : std::move(data.validation);
  if (all->classes().size() != classes) {
    throw Error(fmt::format("the network knows {} classes and {} has {}", classes,
                            test ? options.data : run.config.data, all->classes().size()));
  }
  return {.images = spread(all, options.images),
          .training = spread(data.train, options.training_images),
          .what = {{"of", all->size()},
                   {"split", test ? "test" : "validation"},
                   {"data", test ? options.data : run.config.data}}};
}

void add_assessment(const RunFolder& run, const Model& model, const ReportOptions& options,
                    const EvaluationProgress& progress, json& data) {
  const Subject subject = open_subject(run, options, model.classes.size());
  const int threads = options.threads == 0 ? run.config.threads : options.threads;
  const Assessment found = assess(model, subject.images, subject.training, threads, progress);
  data.update(assessment_data(found, model, *subject.images, subject.training.get()));
  data["evaluation"]["set"] = subject.what;
  data["neighbours_among"] = subject.training->size();
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
  RunProgress progress{.finished = run.finished};
  for (const auto* lines : {&run.steps, &run.epochs}) {
    if (lines->empty()) continue;
    progress.step = std::max(progress.step, lines->back()["step"].get<std::int64_t>());
  }
  return progress;
}

}  // namespace alexnet
