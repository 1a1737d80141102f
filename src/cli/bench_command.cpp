#include <alexnet/machine.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/machine_report.h"
#include "cli/options.h"
#include "cli/random_images.h"
#include "cli/timing.h"
#include "core/json.h"
#include "core/stopwatch.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

constexpr double kGiga = 1e9;
constexpr double kMilli = 1e-3;

struct BenchArguments {
  std::string model = "alexnet";
  Size image_size = 0;
  int batch = 0;
  std::string engine = kDefaultEngine;
  int threads = 0;
  Precision precision = Precision::fp32;
  bool train = false;
  bool json = false;
};

// What was run, and how it went.
struct Result {
  Architecture net;
  int batch = 1;
  std::vector<LayerWork> passes;  // through each layer
  LayerWork work;                 // of a run: their sum
  double compile_seconds = 0;
  Timing run;
  double peak_memory_bytes = 0;
  MachineLimits limits;

  double per_second(double count) const { return count / run.median; }
  double images_per_second() const { return per_second(batch); }
  // Two operations a multiply-add.
  double flops_per_second(std::int64_t multiply_adds) const {
    return per_second(2.0 * static_cast<double>(multiply_adds) * batch);
  }
  double bytes_per_second() const {
    return per_second(static_cast<double>(work.weight_bytes) +
                      static_cast<double>(work.activation_bytes) * batch);
  }
  double share_of_peak() const { return per_second(least_arithmetic_seconds(work, batch, limits)); }
  double share_of_bandwidth() const { return bytes_per_second() / limits.bytes_per_second; }

  void add(const LayerWork& pass) {
    passes.push_back(pass);
    work += pass;
  }
  // What the passes take at least, by what limits them.
  std::map<Resource, double> least_seconds() const {
    std::map<Resource, double> seconds;
    for (const LayerWork& pass : passes) {
      const LeastTime least = least_time(pass, batch, limits);
      if (least.seconds > 0) seconds[least.resource] += least.seconds;
    }
    return seconds;
  }
};

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

constexpr double kSeconds = 2;

PlanOptions plan_options(const BenchArguments& arguments, int batch) {
  return {.engine = arguments.engine, .max_batch = batch, .threads = arguments.threads};
}

TrainingPrecision training_precision(Precision precision) {
  if (precision == Precision::fp32) return TrainingPrecision::fp32;
  if (precision == Precision::bf16) return TrainingPrecision::bf16;
  throw CLI::ValidationError(
      "--precision",
      fmt::format("{} is for inference; training takes fp32 or bf16", to_string(precision)));
}

void run_inference(const BenchArguments& arguments, Parameters parameters, Result& result) {
  const Stopwatch compiling;
  const auto plan = compile(result.net, std::make_shared<const Parameters>(std::move(parameters)),
                            {plan_options(arguments, result.batch), arguments.precision});
  result.compile_seconds = compiling.seconds();
  const RandomImages noise(result.net, result.batch);
  result.run = summarise(time_runs(kSeconds, [&] { plan->run(noise.images()); }));
  for (const LayerPlan& layer : plan->layers()) result.add(layer.forward);
}

// Forward, backward and update.
void run_training(const BenchArguments& arguments, Parameters parameters, Result& result) {
  constexpr float kLearningRate = 1e-4F;
  TrainingOptions options{plan_options(arguments, result.batch)};
  options.precision = training_precision(arguments.precision);
  const Stopwatch compiling;
  const auto plan = compile_training(result.net, std::move(parameters), options);
  result.compile_seconds = compiling.seconds();
  const RandomImages noise(result.net, result.batch);
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(result.batch), 0);
  std::uint32_t step = 0;
  result.run = summarise(time_runs(kSeconds, [&] {
    plan->compute_gradients(noise.images(), labels, step++);
    plan->update(kLearningRate);
  }));
  for (const LayerPlan& layer : plan->layers()) {
    result.add(layer.forward);
    result.add(layer.backward);
  }
  // The update reads weights, gradients and momentum, and writes weights and momentum; in bf16 the
  // rounded weights too.
  const std::int64_t streams = arguments.precision == Precision::bf16 ? 6 : 5;
  const std::int64_t bytes =
      streams * static_cast<std::int64_t>(sizeof(float)) * result.net.parameter_count();
  const auto moved = static_cast<double>(bytes);
  result.add({.weight_bytes = bytes, .traffic = {.l2 = moved, .l3 = moved, .memory = moved}});
}

Result measure(const BenchArguments& arguments) {
  Result result{.net = make_network(arguments.model, {.image_size = arguments.image_size})};
  constexpr int kTrainingBatch = 64;
  result.batch = arguments.batch > 0 ? arguments.batch : arguments.train ? kTrainingBatch : 1;
  Parameters parameters = initialize(result.net, Initializer::pytorch, 1);
  if (arguments.train) {
    run_training(arguments, std::move(parameters), result);
  } else {
    run_inference(arguments, std::move(parameters), result);
  }
  result.peak_memory_bytes = peak_memory_bytes();
  result.limits = measure_limits(arguments.threads);
  return result;
}

std::string least_time_text(const Result& r) {
  std::vector<std::string> parts;
  double all = 0;
  for (const auto& [resource, seconds] : r.least_seconds()) {
    parts.push_back(fmt::format("{} {:.2f}", to_string(resource), seconds / kMilli));
    all += seconds;
  }
  return fmt::format("{:.2f} ms at least, layer by layer: {}", all / kMilli,
                     fmt::join(parts, ", "));
}

json least_time_json(const Result& r) {
  json by = json::object();
  for (const auto& [resource, seconds] : r.least_seconds()) {
    by[std::string(to_string(resource))] = seconds / kMilli;
  }
  return by;
}

void print(const BenchArguments& arguments, const Result& r) {
  fmt::print("{}, {}x{}x{}, {} classes: {}, batch {}, {}, {} engine, {} thread{}, SIMD {}\n\n",
             r.net.name, r.net.in_channels, r.net.height, r.net.width, r.net.classes(),
             arguments.train ? "training" : "inference", r.batch, to_string(arguments.precision),
             arguments.engine, r.limits.threads, r.limits.threads == 1 ? "" : "s", r.limits.simd);
  fmt::print(
      "time     {:.2f} ms a {} (median of {}; mean {:.2f}; tenth to ninetieth percentile {:.2f} to "
      "{:.2f})\n",
      r.run.median / kMilli, arguments.train ? "step" : "batch", r.run.runs, r.run.mean / kMilli,
      r.run.low / kMilli, r.run.high / kMilli);
  fmt::print("speed    {:.1f} images/s\n", r.images_per_second());
  fmt::print(
      "compute  {:.1f} GFLOP/s, {:.0f} % of what this machine can do; as direct convolutions "
      "{:.1f}\n",
      r.flops_per_second(r.work.computed) / kGiga, 100.0 * r.share_of_peak(),
      r.flops_per_second(r.work.multiply_adds) / kGiga);
  fmt::print("memory   {:.1f} GB/s, {:.0f} % of the measured {:.1f}\n",
             r.bytes_per_second() / kGiga, 100.0 * r.share_of_bandwidth(),
             r.limits.bytes_per_second / kGiga);
  fmt::print("limit    {}\n", least_time_text(r));
  fmt::print("machine  {}\n", rates_text(r.limits));
  fmt::print("start    {:.0f} ms to compile; {:.0f} MB of memory at most\n",
             r.compile_seconds / kMilli, r.peak_memory_bytes / 1e6);
}

json to_json(const BenchArguments& arguments, const Result& r) {
  return {{"model", r.net.name},
          {"input", {r.net.in_channels, r.net.height, r.net.width}},
          {"classes", r.net.classes()},
          {"train", arguments.train},
          {"batch", r.batch},
          {"engine", arguments.engine},
          {"precision", to_string(arguments.precision)},
          {"threads", r.limits.threads},
          {"simd", r.limits.simd},
          {"runs", r.run.runs},
          {"ms", r.run.median / kMilli},
          {"ms_mean", r.run.mean / kMilli},
          {"ms_p10", r.run.low / kMilli},
          {"ms_p90", r.run.high / kMilli},
          {"images_per_second", r.images_per_second()},
          {"gflops", r.flops_per_second(r.work.computed) / kGiga},
          {"gflops_direct", r.flops_per_second(r.work.multiply_adds) / kGiga},
          {"gigabytes_per_second", r.bytes_per_second() / kGiga},
          {"share_of_peak", r.share_of_peak()},
          {"share_of_bandwidth", r.share_of_bandwidth()},
          {"machine", rates_json(r.limits)},
          {"ms_limited_by", least_time_json(r)},
          {"compile_ms", r.compile_seconds / kMilli},
          {"peak_memory_megabytes", r.peak_memory_bytes / 1e6}};
}

int run_bench(const BenchArguments& arguments) {
  if (arguments.train) training_precision(arguments.precision);  // before anything is computed
  const Result result = measure(arguments);
  if (arguments.json) {
    fmt::print("{}\n", to_text(to_json(arguments, result)));
  } else {
    print(arguments, result);
  }
  return kDone;
}

}  // namespace

Command add_bench_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("bench", "Time a network on this machine");
  const auto arguments = std::make_shared<BenchArguments>();
  add_network_name_option(*app, arguments->model);
  add_image_size_option(*app, arguments->image_size, "the network's");
  whole_number(app->add_option("--batch", arguments->batch, "images at a time"), 1, 65'536)
      ->default_str("1, with --train 64");
  add_engine_option(*app, arguments->engine);
  add_threads_option(*app, arguments->threads);
  add_precision_option(*app, arguments->precision);
  app->add_flag("--train", arguments->train, "time training steps: forward, backward, update");
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet bench --batch 32 --threads 4");
  return {.app = app, .run = [arguments] { return run_bench(*arguments); }};
}

}  // namespace alexnet::cli
