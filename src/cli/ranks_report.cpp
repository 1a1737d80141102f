#include "cli/ranks_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/text.h"
#include "core/counted.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

constexpr double kMega = 1e6;

// Bytes of all layers; seconds that these take.
struct Sum {
  std::int64_t bytes = 0;
  double seconds = 0;
};

Sum sum_of(const RanksReport& report, std::int64_t Traffic::*scheme) {
  constexpr double kBytes = 1e9 / 8;  // of a gigabit
  const std::int64_t bytes = total(report.layers).*scheme;
  return {bytes, static_cast<double>(bytes) / (report.gigabits_per_second * kBytes)};
}

std::string megabytes(std::int64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / kMega);
}

std::string name_of(const LayerTraffic& layer) {
  return fmt::format("{} {}", layer.layer, layer.kind);
}

std::string divided_by(const LayerTraffic& layer) {
  return layer.is_divided() ? fmt::format("rows, {} a rank", with_thousands(layer.rows)) : "images";
}

json to_json(const Sum& sum) {
  return {{"megabytes", static_cast<double>(sum.bytes) / kMega}, {"seconds", sum.seconds}};
}

}  // namespace

RanksReport ranks_report(const Architecture& net, int ranks, int images,
                         double gigabits_per_second) {
  const SharedBatch batch{.ranks = ranks, .parts = ranks, .images = images};
  return {.batch = batch,
          .gigabits_per_second = gigabits_per_second,
          .layers = layer_traffic(net, batch)};
}

void print(const RanksReport& report) {
  fmt::print(
      "\ntraining by {} ranks, batches of {} images in {} parts: what a rank sends a step\n\n",
      report.batch.ranks, report.batch.images, report.batch.parts);
  Table table("llrr");
  table.add({"layer", "hybrid divides by", "hybrid, MB", "data, MB"});
  for (const LayerTraffic& layer : report.layers) {
    table.add({name_of(layer), divided_by(layer), megabytes(layer.least()), megabytes(layer.data)});
  }
  const Sum hybrid = sum_of(report, &Traffic::least);
  const Sum data = sum_of(report, &Traffic::data);
  table.add({"total", "", megabytes(hybrid.bytes), megabytes(data.bytes)});
  table.add({fmt::format("seconds at {} Gbit/s", report.gigabits_per_second), "",
             fmt::format("{:.3f}", hybrid.seconds), fmt::format("{:.3f}", data.seconds)});
  fmt::print("{}", table.text());
}

json to_json(const RanksReport& report) {
  json layers = json::array();
  for (const LayerTraffic& layer : report.layers) {
    layers.push_back({{"layer", name_of(layer)},
                      {"divided_by", layer.is_divided() ? "rows" : "images"},
                      {"rows", layer.is_divided() ? layer.rows : 0},
                      {"hybrid_bytes", layer.least()},
                      {"data_bytes", layer.data}});
  }
  return {{"ranks",
           {{"ranks", report.batch.ranks},
            {"parts", report.batch.parts},
            {"batch", report.batch.images},
            {"gigabits_per_second", report.gigabits_per_second},
            {"layers", std::move(layers)},
            {"hybrid", to_json(sum_of(report, &Traffic::least))},
            {"data", to_json(sum_of(report, &Traffic::data))}}}};
}

}  // namespace alexnet::cli
