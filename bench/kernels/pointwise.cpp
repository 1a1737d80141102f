// The layers without weights, the loss and the update: how fast they move memory. Each layer with
// every implementation that the cpu engine has, by OMP_NUM_THREADS threads, or one a processor, on
// AlexNet's shapes.
//
// Bytes are those that have to move: each input read once, each output written once. The line
// "Copy" says what the machine moves at best.
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <benchmark/benchmark.h>
#include <omp.h>

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "core/crew.h"
#include "core/threads.h"
#include "engine/common/sgd.h"
#include "engine/cpu/base/implementation.h"
#include "engine/cpu/layers/loss.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu {
namespace {

/// What happens in place of a step: all threads of one team, or the library's.
template <class Call>
void with_threads(Threading threading, const Call& call) {
  if (threading == Threading::library) return call(Team());
  parallel::with_team(call);
}

std::vector<float> numbers(std::size_t count, std::uint32_t stream) {
  std::vector<float> values(count);
  fill_normal(values, {.seed = 1, .minor = stream}, 0.0F, 1.0F);
  return values;
}

void report_bytes(benchmark::State& state, double bytes) {
  state.counters["bytes"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate,
                                               benchmark::Counter::kIs1000);
}

void copy(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<float> x = numbers(count, 0);
  std::vector<float> y(count);
  for (auto _ : state) {
    parallel::each(count, 16, [&](Range part) {
      std::memcpy(y.data() + part.begin, x.data() + part.begin, part.size() * sizeof(float));
    });
    benchmark::ClobberMemory();
  }
  report_bytes(state, 8.0 * static_cast<double>(count));
}
BENCHMARK(copy)->Name("Copy")->Arg(12 << 20)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// A step with buffers of its own.
struct Layer {
  LayerInfo info;
  std::size_t batch;
  Pass pass;
  std::unique_ptr<Step> step;
  std::vector<float> x, y, dx, dy;
  std::vector<std::vector<float>> per_thread;

  Work work(const Team& team) {
    return {.pass = pass,
            .team = team,
            .images = static_cast<int>(batch),
            .x = x.data(),
            .y = y.data(),
            .dx = dx.data(),
            .dy = dy.data(),
            .per_thread = per_thread[team.index()].data()};
  }
  void forward() {
    with_threads(step->forward_threading(), [&](const Team& team) { step->forward(work(team)); });
  }
  void backward() {
    with_threads(step->backward_threading(), [&](const Team& team) { step->backward(work(team)); });
  }
  double bytes() const { return sizeof(float) * static_cast<double>(x.size() + y.size()); }
};

template <class LayerType>
void run_layer(benchmark::State& state, const LayerType& layer,
               const Implementation<LayerType>& implementation, const LayerInfo& info, int batch,
               bool training, bool backward) {
  Problem problem;
  problem.info = info;
  problem.training = training;
  problem.batches = {batch};
  Attempt attempt = implementation.make(layer, problem);
  if (!attempt.step) return state.SkipWithError(attempt.why_not.c_str());
  const auto images = static_cast<std::size_t>(batch);
  const std::size_t in_size = images * static_cast<std::size_t>(element_count(info.input));
  const std::size_t out_size = images * static_cast<std::size_t>(element_count(info.output));
  const std::size_t threads = parallel::team_size();
  Layer run{.info = info,
            .batch = images,
            .pass = {.batch = batch, .training = training},
            .step = std::move(attempt.step),
            .x = numbers(in_size, 0),
            .y = std::vector<float>(out_size),
            .dx = std::vector<float>(in_size),
            .dy = numbers(out_size, 1),
            .per_thread = {}};
  const std::size_t scratch = run.step->scratch(static_cast<int>(threads)).per_thread;
  run.per_thread.assign(threads, std::vector<float>(scratch));
  run.forward();
  for (auto _ : state) {
    backward ? run.backward() : run.forward();
    benchmark::ClobberMemory();
  }
  state.SetLabel(run.step->implementation());
  report_bytes(state, run.bytes());
}

template <class LayerType>
void add_layer(const std::string& name, const LayerType& layer, const Shape& input) {
  Architecture net{.name = name,
                   .in_channels = static_cast<int>(input[0]),
                   .height = static_cast<int>(input[1]),
                   .width = static_cast<int>(input[2]),
                   .layers = {}};
  if (std::is_same_v<LayerType, Dropout>) net.layers.emplace_back(Flatten{});
  net.layers.emplace_back(layer);
  const LayerInfo info = net.describe().back();
  struct Kind {
    const char* name;
    int batch;
    bool training;
    bool backward;
  };
  for (const Kind& kind :
       {Kind{"forward", 1, false, false}, Kind{"forward", 64, false, false},
        Kind{"training forward", 64, true, false}, Kind{"backward", 64, true, true}}) {
    for (const auto& implementation : implementations(layer)) {
      const std::string title = name + "/" + kind.name + "/batch:" + std::to_string(kind.batch) +
                                "/" + implementation.name;
      benchmark::RegisterBenchmark(title.c_str(),
                                   [=](benchmark::State& state) {
                                     run_layer(state, layer, implementation, info, kind.batch,
                                               kind.training, kind.backward);
                                   })
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

void mask_and_sum(benchmark::State& state) {
  const auto pixels = static_cast<std::size_t>(state.range(0));
  const auto channels = static_cast<std::size_t>(state.range(1));
  std::vector<float> dy = numbers(pixels * channels, 0);
  const std::vector<float> y = numbers(pixels * channels, 1);
  std::vector<std::vector<float>> sums(parallel::team_size(), std::vector<float>(channels));
  for (auto _ : state) {
    with_threads(Threading::by_image, [&](const Team& team) {
      const Range part = team.share(pixels);
      simd::mask_and_sum(dy.data() + part.begin * channels, y.data() + part.begin * channels,
                         part.size(), channels, sums[team.index()].data());
    });
    benchmark::ClobberMemory();
  }
  report_bytes(state, 12.0 * static_cast<double>(pixels * channels));
}
BENCHMARK(mask_and_sum)
    ->Name("MaskAndSum")
    ->Args({64L * 55 * 55, 64})
    ->Args({64L * 27 * 27, 192})
    ->Args({64L * 13 * 13, 384})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

constexpr std::size_t kClasses = 1000;

void softmax(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::vector<float> logits = numbers(rows * kClasses, 0);
  std::vector<float> log_p(logits.size());
  for (auto _ : state) {
    with_threads(Threading::by_image, [&](const Team& team) {
      log_softmax(team, logits.data(), rows, kClasses, log_p.data());
    });
    benchmark::ClobberMemory();
  }
}
BENCHMARK(softmax)
    ->Name("LogSoftmax")
    ->Arg(1)
    ->Arg(128)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void loss(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::vector<float> logits = numbers(rows * kClasses, 0);
  std::vector<float> log_p(logits.size());
  std::vector<float> gradient(logits.size());
  const std::vector<std::int32_t> labels(rows, 500);
  log_softmax(Team(), logits.data(), rows, kClasses, log_p.data());
  for (auto _ : state) {
    benchmark::DoNotOptimize(cross_entropy(log_p.data(), labels, static_cast<int>(rows), rows,
                                           kClasses, 0.1F, gradient.data()));
  }
}
BENCHMARK(loss)->Name("CrossEntropy")->Arg(128)->Unit(benchmark::kMicrosecond);

void sgd(benchmark::State& state) {
  const Architecture net = alexnet::make_alexnet();
  Parameters parameters(net);
  const Parameters gradients = initialize(net, Initializer::he, 1);
  Parameters momentum(net);
  double weights = 0;
  for (const NamedTensor& entry : parameters) weights += static_cast<double>(entry.tensor.size());
  for (auto _ : state) sgd_update({}, {}, 0.01F, parameters, gradients, momentum);
  report_bytes(state, 20.0 * weights);
}
BENCHMARK(sgd)->Name("Sgd")->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace alexnet::cpu

int main(int argc, char** argv) {
  using namespace alexnet;
  const ThreadTeam team(omp_get_max_threads());
  cpu::add_layer("Norm1", LocalResponseNorm{}, {96, 55, 55});
  cpu::add_layer("Norm2", LocalResponseNorm{}, {256, 27, 27});
  cpu::add_layer("Pool1", MaxPool{}, {64, 55, 55});
  cpu::add_layer("Pool2", MaxPool{}, {192, 27, 27});
  cpu::add_layer("Pool5", MaxPool{}, {256, 13, 13});
  cpu::add_layer("AdaptivePool grows", AdaptiveAvgPool{}, {256, 1, 1});
  cpu::add_layer("AdaptivePool shrinks", AdaptiveAvgPool{}, {256, 13, 13});
  cpu::add_layer("Flatten", Flatten{}, {256, 6, 6});
  cpu::add_layer("Dropout", Dropout{}, {256, 6, 6});
  cpu::add_layer("Relu", Relu{}, {64, 55, 55});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
