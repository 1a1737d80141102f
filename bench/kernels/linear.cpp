// Fully-connected layers by all threads (OMP_NUM_THREADS): forward with each precision, and the
// gradients, on AlexNet's shapes.
//
// "bytes" are the stored weights, read once (dW: also written); "flops" two for each multiply-add.
// "Read" says what the machine reads at best: small batches are to come near it. Large ones are to
// come near the processor's fused multiply-adds.
#include <alexnet/random.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <omp.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"

namespace alexnet::cpu::linear {
namespace {

struct Shape {
  std::string name;
  Sizes sizes;
};

struct Stored {
  std::string name;
  Precision precision;
  std::size_t bytes;  // a weight
};

Buffer<float> numbers(std::size_t count) {
  Buffer<float> buffer(count);
  fill_normal({buffer.data(), count}, {.seed = 1}, 0.0F, 1.0F);
  return buffer;
}

template <class Call>
void with_team(const Call& call) {
#pragma omp parallel
  call(Team(omp_get_thread_num(), omp_get_num_threads()));
}

void report(benchmark::State& state, std::size_t bytes, std::size_t flops) {
  using benchmark::Counter;
  const auto rate = Counter::kIsIterationInvariantRate;
  state.counters["bytes"] = Counter(static_cast<double>(bytes), rate, Counter::kIs1000);
  if (flops == 0) return;
  state.counters["flops"] = Counter(static_cast<double>(flops), rate, Counter::kIs1000);
}

void read(benchmark::State& state) {
  constexpr std::size_t kBytes = 4UL * 58'621'952;  // the weights of AlexNet's three layers
  const Buffer<char> zeros(kBytes);
  for (auto _ : state) {
    with_team([&](const Team& team) {
      const Range mine = team.share(kBytes, 64);
      benchmark::DoNotOptimize(std::memchr(zeros.data() + mine.begin, 1, mine.size()));
    });
  }
  report(state, kBytes, 0);
}
BENCHMARK(read)->Name("Read")->UseRealTime()->Unit(benchmark::kMillisecond);

void forward(benchmark::State& state, Sizes sizes, const Stored& stored) {
  const auto images = static_cast<std::size_t>(state.range(0));
  const Buffer<float> weight = numbers(sizes.in * sizes.out);
  const Buffer<float> bias = numbers(sizes.out);
  const Buffer<float> x = numbers(images * sizes.in);
  Buffer<float> y(images * sizes.out);
  Forward step(sizes, weight.data(), bias.data(), true, stored.precision);
  Buffer<float> shared(step.scratch(images).shared);
  step.pack(Team());
  for (auto _ : state) {
    with_team([&](const Team& team) { step.run(team, images, x.data(), y.data(), shared.data()); });
  }
  report(state, stored.bytes * sizes.in * sizes.out, 2 * images * sizes.in * sizes.out);
}

void gradients(benchmark::State& state, Sizes sizes, bool with_dx) {
  const auto images = static_cast<std::size_t>(state.range(0));
  const Buffer<float> weight = numbers(sizes.in * sizes.out);
  const Buffer<float> x = numbers(images * sizes.in);
  const Buffer<float> dy = numbers(images * sizes.out);
  Buffer<float> dx(images * sizes.in);
  Buffer<float> weight_gradient(weight.size());
  Buffer<float> bias_gradient(sizes.out);
  const Scratch scratch = gradients_scratch(images, sizes);
  Buffer<float> shared(scratch.shared);
  Buffer<float> own(scratch.own * static_cast<std::size_t>(omp_get_max_threads()));
  const Gradients all{.images = images,
                      .sizes = sizes,
                      .weight = weight.data(),
                      .x = x.data(),
                      .y = dy.data(),
                      .dy = dy.data(),
                      .dx = with_dx ? dx.data() : nullptr,
                      .weight_gradient = weight_gradient.data(),
                      .bias_gradient = bias_gradient.data()};
  for (auto _ : state) {
    with_team([&](const Team& team) {
      compute(all, team, shared.data(), own.data() + team.index() * scratch.own);
    });
  }
  const std::size_t products = with_dx ? 2 : 1;
  report(state, products * weight.size() * sizeof(float),
         2 * products * images * sizes.in * sizes.out);
}

template <class Call>
void add(const std::string& name, const std::vector<int>& batches, const Call& call) {
  auto* const benchmark = benchmark::RegisterBenchmark(name.c_str(), call);
  for (const int batch : batches) benchmark->Arg(batch);
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

void add_all() {
  const std::vector<Shape> shapes{
      {"FC6", {9216, 4096}}, {"FC7", {4096, 4096}}, {"FC8", {4096, 1000}}};
  const std::vector<Stored> kinds{
      {"fp32", Precision::fp32, 4}, {"fp16", Precision::fp16, 2}, {"int8", Precision::int8, 1}};
  for (const Stored& stored : kinds) {
    for (const Shape& shape : shapes) {
      add(fmt::format("Forward/{}/{}", stored.name, shape.name), {1, 2, 4, 8, 12, 16, 32, 64, 128},
          [=](benchmark::State& state) { forward(state, shape.sizes, stored); });
    }
  }
  for (const Shape& shape : shapes) {
    add("WeightGradient/" + shape.name, {64, 128},
        [=](benchmark::State& state) { gradients(state, shape.sizes, false); });
    add("AllGradients/" + shape.name, {64, 128},
        [=](benchmark::State& state) { gradients(state, shape.sizes, true); });
  }
}

}  // namespace
}  // namespace alexnet::cpu::linear

int main(int argc, char** argv) {
  alexnet::cpu::linear::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
