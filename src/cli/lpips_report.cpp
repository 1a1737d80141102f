#include "cli/lpips_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "cli/image_files.h"
#include "cli/messages.h"
#include "cli/prediction_file.h"
#include "core/json.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

struct Summary {
  double mean = 0;
  double median = 0;
  Compared worst;
};

Summary summarise(std::vector<Compared> results) {
  const auto distance = [](const Compared& result) { return result.distance.distance; };
  std::ranges::sort(results, {}, distance);
  Summary summary{.worst = results.back()};
  for (const Compared& result : results) summary.mean += distance(result);
  const std::size_t count = results.size();
  summary.mean /= static_cast<double>(count);
  summary.median = (distance(results[count / 2]) + distance(results[(count - 1) / 2])) / 2;
  return summary;
}

}  // namespace

LpipsReport::LpipsReport(LpipsReportOptions options, const LpipsPairs& pairs)
    : options_(std::move(options)), pairs_(pairs) {
  if (options_.csv.empty()) return;
  csv_ = std::make_unique<AtomicFile>(options_.csv);
  write_csv("reference,image,distance,conv1,conv2,conv3,conv4,conv5\n");
}

void LpipsReport::write_csv(std::string_view text) {
  csv_->write(std::as_bytes(std::span(text)));
}

void LpipsReport::add_to_csv(const FilePair& pair, const LpipsDistance& distance) {
  write_csv(fmt::format("{},{},{},{}\n", csv_field(pair.reference), csv_field(pair.image),
                        distance.distance, fmt::join(distance.layers, ",")));
}

// A note of a file comes once, however many pairs it is in.
void LpipsReport::note_transparent(const std::string& file) {
  if (noted_.insert(file).second) cli::note_transparent(file);
}

// All pairs of a reference that cannot be read have one problem.
void LpipsReport::add_failure(const FilePair& pair, const std::string& problem) {
  if (failures_.empty() || failures_.back()["error"] != problem) print_error(problem);
  failures_.push_back({{"reference", pair.reference}, {"image", pair.image}, {"error", problem}});
}

void LpipsReport::add(const Compared& result) {
  const FilePair& pair = pairs_.all[result.pair];
  if (!result.problem.empty()) return add_failure(pair, result.problem);
  if (result.transparent_reference) note_transparent(pair.reference);
  if (result.transparent_image) note_transparent(pair.image);
  results_.push_back(result);
  if (csv_) add_to_csv(pair, result.distance);
  if (!options_.json) print_line(pair, result.distance.distance);
}

// The reference too where there is more than one.
void LpipsReport::print_line(const FilePair& pair, double distance) const {
  const bool same_reference = pairs_.all.front().reference == pairs_.all.back().reference;
  if (pairs_.by_name || same_reference) {
    fmt::print("{:.6f}  {}\n", distance, pair.image);
  } else {
    fmt::print("{:.6f}  {}  {}\n", distance, pair.reference, pair.image);
  }
}

void LpipsReport::finish() {
  if (csv_) csv_->commit();
  if (!options_.json) {
    if (pairs_.by_name && !results_.empty()) print_summary();
    return;
  }
  json distances = json::array();
  for (const Compared& result : results_) {
    const FilePair& pair = pairs_.all[result.pair];
    distances.push_back({{"reference", pair.reference},
                         {"image", pair.image},
                         {"distance", result.distance.distance},
                         {"layers", result.distance.layers},
                         {"transparent_reference", result.transparent_reference},
                         {"transparent_image", result.transparent_image}});
  }
  json alone = pairs_.lone_references;
  for (const std::string& image : pairs_.lone_images) alone.push_back(image);
  json all{{"weights", options_.weights},
           {"version", to_string(options_.version)},
           {"epsilon", to_string(options_.epsilon)},
           {"distances", distances},
           {"alone", alone},
           {"failures", failures_}};
  if (!results_.empty()) all["summary"] = summary();
  fmt::print("{}\n", to_text(all));
}

json LpipsReport::summary() const {
  const Summary summary = summarise(results_);
  return {{"mean", summary.mean},
          {"median", summary.median},
          {"worst", summary.worst.distance.distance},
          {"worst_reference", pairs_.all[summary.worst.pair].reference},
          {"worst_image", pairs_.all[summary.worst.pair].image}};
}

void LpipsReport::print_summary() const {
  const Summary summary = summarise(results_);
  fmt::print("{} pairs: mean {:.6f}, median {:.6f}, worst {:.6f} ({})\n", results_.size(),
             summary.mean, summary.median, summary.worst.distance.distance,
             pairs_.all[summary.worst.pair].image);
}

}  // namespace alexnet::cli
