#include "cli/plan_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/machine_report.h"
#include "cli/random_images.h"
#include "cli/text.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

constexpr double kMega = 1e6;
constexpr double kMilli = 1e-3;
constexpr std::size_t kColumns = 100;

// What a row shows.
struct Row {
  LayerWork work;
  double seconds = 0;
  double least_seconds = 0;
  std::string_view limited_by;  // of a layer; empty: by nothing that is measured
};

Row row_of(const LayerPlan& layer, const PlanReport& report) {
  const LeastTime least = least_time(layer.forward, report.batch, report.limits);
  return {.work = layer.forward,
          .seconds = layer.forward_seconds,
          .least_seconds = least.seconds,
          .limited_by = least.seconds > 0 ? to_string(least.resource) : std::string_view()};
}

Row total(const PlanReport& report) {
  Row sum;
  for (const LayerPlan& layer : report.layers) {
    const Row row = row_of(layer, report);
    sum.work += row.work;
    sum.seconds += row.seconds;
    sum.least_seconds += row.least_seconds;
  }
  return sum;
}

double bytes(const Row& row, int batch) {
  return static_cast<double>(row.work.weight_bytes) +
         static_cast<double>(row.work.activation_bytes) * batch;
}

std::string millions(std::int64_t per_image, int batch) {
  if (per_image == 0) return "-";
  return fmt::format("{:.1f}", static_cast<double>(per_image) * batch / kMega);
}

// Four digits, or microseconds where there are fewer.
std::string milliseconds(double seconds) {
  const double ms = seconds / kMilli;
  const int decimals = ms < 10 ? 3 : ms < 100 ? 2 : ms < 1000 ? 1 : 0;
  return fmt::format("{:.{}f}", ms, decimals);
}

std::vector<std::string> cells(std::string layer, std::string implementation, const Row& row,
                               int batch) {
  return {std::move(layer),
          std::move(implementation),
          millions(row.work.multiply_adds, batch),
          millions(row.work.computed, batch),
          fmt::format("{:.1f}", bytes(row, batch) / kMega),
          milliseconds(row.seconds),
          milliseconds(row.least_seconds),
          fmt::format("{:.0f} %", 100.0 * row.least_seconds / row.seconds),
          std::string(row.least_seconds > 0 ? row.limited_by : "-")};
}

bool has_step(const LayerPlan& layer) {
  return layer.forward_seconds > 0;
}

void print_layers(const PlanReport& report) {
  constexpr std::size_t kLayer = 20;  // so that the table has kColumns
  constexpr std::size_t kImplementation = 18;
  Table table("llrrrrrrl");
  table.add({"layer", "implementation", "direct", "computed", "MB", "ms", "limit", "share", "by"});
  for (const LayerPlan& layer : report.layers) {
    if (!has_step(layer)) continue;
    const auto names = wrap(layer.layer, kLayer);
    const auto lines = wrap(layer.implementation, kImplementation);
    const auto line = [](const auto& cell, std::size_t i) {
      return i < cell.size() ? cell[i] : "";
    };
    table.add(cells(names.front(), lines.front(), row_of(layer, report), report.batch));
    for (std::size_t i = 1; i < std::max(names.size(), lines.size()); ++i) {
      table.add({line(names, i), line(lines, i)});
    }
  }
  table.add(cells("total", "", total(report), report.batch));
  fmt::print("{}\n", table.text());
}

void print_legend() {
  fmt::print(
      "direct, computed: millions of multiply-adds, by the layer's definition and as implemented\n"
      "MB: weights as stored and activations, each once\n"
      "limit, by: ms for what takes longest at this machine's rates: the multiply-adds computed,\n"
      "or what passes, by a model, from one cache to the next or from memory; -: all is in L1\n"
      "share: limit / ms; above 100 %: 16-bit products, weights of zeros that are not read\n");
}

void print_without_step(const PlanReport& report) {
  Table table("ll");
  for (const LayerPlan& layer : report.layers) {
    if (!has_step(layer)) table.add({layer.layer, layer.implementation});
  }
  fmt::print("\nlayers computed as part of another\n{}", table.text());
}

void print_declined(const PlanReport& report) {
  Table table("ll");
  for (const LayerPlan& layer : report.layers) {
    for (const std::string& reason : layer.declined) table.add({layer.layer, reason});
    if (!layer.why_fp32.empty()) table.add({layer.layer, "stays fp32: " + layer.why_fp32});
  }
  const std::string text = table.text();
  if (!text.empty()) fmt::print("\nfaster implementations that decline a layer, and why\n{}", text);
}

// Each layer's median over the runs.
void take_medians(std::vector<LayerPlan>& layers, const std::vector<std::vector<LayerPlan>>& runs) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<double> seconds;
    seconds.reserve(runs.size());
    for (const auto& run : runs) seconds.push_back(run[i].forward_seconds);
    layers[i].forward_seconds = summarise(std::move(seconds)).median;
  }
}

}  // namespace

PlanReport measure_plan(const Architecture& net, std::shared_ptr<const Parameters> parameters,
                        const InferenceOptions& options) {
  constexpr double kSeconds = 1;
  const auto plan = compile(net, std::move(parameters), options);
  const RandomImages noise(net, options.max_batch);
  std::vector<std::vector<LayerPlan>> runs;
  const Timing timing = summarise(time_runs(kSeconds, [&] {
    plan->measure_layers();
    plan->run(noise.images());
    runs.push_back(plan->layers());
  }));
  PlanReport report{.engine = options.engine,
                    .batch = options.max_batch,
                    .precision = options.precision,
                    .limits = measure_limits(options.threads),
                    .run = timing,
                    .layers = plan->layers()};
  take_medians(report.layers, runs);
  return report;
}

void print(const PlanReport& report) {
  fmt::print(
      "batch {}, {}, {} engine, {} thread{}, SIMD {}: {:.2f} ms a batch (median of {} runs)\n",
      report.batch, to_string(report.precision), report.engine, report.limits.threads,
      report.limits.threads == 1 ? "" : "s", report.limits.simd, report.run.median / kMilli,
      report.run.runs);
  const std::string rates = "this machine, measured: " + rates_text(report.limits);
  fmt::print("{}\n\n", fmt::join(wrap(rates, kColumns), "\n"));
  print_layers(report);
  print_legend();
  print_without_step(report);
  print_declined(report);
}

json to_json(const PlanReport& report) {
  json plan = json::array();
  for (const LayerPlan& layer : report.layers) {
    const Row row = row_of(layer, report);
    plan.push_back({{"layer", layer.layer},
                    {"implementation", layer.implementation},
                    {"declined", layer.declined},
                    {"why_fp32", layer.why_fp32},
                    {"multiply_adds", row.work.multiply_adds * report.batch},
                    {"multiply_adds_computed", row.work.computed * report.batch},
                    {"multiply_adds_in_bf16", row.work.computed_in_bf16 * report.batch},
                    {"multiply_adds_in_int8", row.work.computed_in_int8 * report.batch},
                    {"megabytes", bytes(row, report.batch) / kMega},
                    {"ms", row.seconds / kMilli},
                    {"traffic_megabytes",
                     {{"l2", row.work.traffic.l2 / kMega},
                      {"l3", row.work.traffic.l3 / kMega},
                      {"memory", row.work.traffic.memory / kMega}}},
                    {"ms_at_limit", row.least_seconds / kMilli},
                    {"limited_by", row.limited_by}});
  }
  return {{"plan", std::move(plan)},
          {"run",
           {{"batch", report.batch},
            {"engine", report.engine},
            {"precision", to_string(report.precision)},
            {"threads", report.limits.threads},
            {"simd", report.limits.simd},
            {"runs", report.run.runs},
            {"ms", report.run.median / kMilli},
            {"ms_at_limit", total(report).least_seconds / kMilli}}},
          {"machine", rates_json(report.limits)}};
}

}  // namespace alexnet::cli
