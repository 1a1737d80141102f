// Fully-connected layers by OMP_NUM_THREADS threads, or one a processor: forward with each
// precision, a single image by columns and the products of training with some of 100 elements of x
// and dy not zero, on AlexNet's shapes.
//
// "bytes" are the stored weights, read once (dW: also written), and "flops" two for each
// multiply-add, including those with zeros that are skipped.
// "Read" says what the machine reads at best: small batches are to come near it. Large ones are to
// come near the processor's fused multiply-adds.
#include <alexnet/random.h>
#include <alexnet/tensor.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <omp.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/linear/columns.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"
#include "engine/cpu/linear/sparse.h"

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

BlockSizes blocks() {
  return block_sizes(processor().caches);
}

Buffer<float> numbers(std::size_t count) {
  Buffer<float> buffer(count);
  fill_normal({buffer.data(), count}, {.seed = 1}, 0.0F, 1.0F);
  return buffer;
}

/// Of 100 elements so many are not zero.
Buffer<float> sparse_numbers(std::size_t count, std::int64_t percent) {
  Buffer<float> buffer = numbers(count);
  RandomStream random({.seed = 2});
  for (std::size_t i = 0; i < count; ++i) {
    if (random.below(100) >= percent) buffer.data()[i] = 0.0F;
  }
  return buffer;
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
    parallel::each(kBytes, 64, [&](Range part) {
      benchmark::DoNotOptimize(std::memchr(zeros.data() + part.begin, 1, part.size()));
    });
  }
  report(state, kBytes, 0);
}
BENCHMARK(read)->Name("Read")->UseRealTime()->Unit(benchmark::kMillisecond);

Tensor matrix(Sizes sizes) {
  const Buffer<float> values = numbers(sizes.in * sizes.out);
  return {{static_cast<std::int64_t>(sizes.out), static_cast<std::int64_t>(sizes.in)},
          {values.data(), values.size()}};
}

void forward(benchmark::State& state, Sizes sizes, const Stored& stored) {
  const auto images = static_cast<std::size_t>(state.range(0));
  const Tensor weight = matrix(sizes);
  const Buffer<float> bias = numbers(sizes.out);
  const Buffer<float> x = numbers(images * sizes.in);
  Buffer<float> y(images * sizes.out);
  Forward step(sizes, weight, bias.data(), true, stored.precision, blocks());
  Buffer<float> shared(step.scratch(images).shared);
  step.pack(Team());
  for (auto _ : state) {
    parallel::with_team(
        [&](const Team& team) { step.run(team, images, x.data(), y.data(), shared.data()); });
  }
  report(state, stored.bytes * sizes.in * sizes.out, 2 * images * sizes.in * sizes.out);
}

void columns(benchmark::State& state, Sizes sizes, const Stored& stored) {
  const Tensor weight = matrix(sizes);
  const Buffer<float> bias = numbers(sizes.out);
  const Buffer<float> x = sparse_numbers(sizes.in, state.range(0));
  Buffer<float> y(sizes.out);
  Columns step(sizes, weight, bias.data(), true, stored.precision);
  const std::size_t scratch = step.scratch().per_thread;
  Buffer<float> per_thread(scratch * parallel::team_size());
  step.pack(Team());
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) {
      step.run(team, x.data(), y.data(), per_thread.data() + team.index() * scratch);
    });
  }
  report(state, stored.bytes * sizes.in * sizes.out, 2 * sizes.in * sizes.out);
}

void forward_without_zeros(benchmark::State& state, Sizes sizes) {
  const auto images = static_cast<std::size_t>(state.range(0));
  const Buffer<float> weight = numbers(sizes.in * sizes.out);
  const Buffer<float> bias = numbers(sizes.out);
  const Buffer<float> x = sparse_numbers(images * sizes.in, state.range(1));
  Buffer<float> y(images * sizes.out);
  Buffer<float> shared(Lists::size(images, sizes.in, blocks()));
  const std::size_t scratch = sparse_scratch(images, blocks());
  Buffer<float> per_thread(scratch * parallel::team_size());
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) {
      Lists lists(images, sizes.in, blocks(), shared.data());
      team.each(lists.pieces(), 1, [&](Range some) { lists.list(some, x.data(), nullptr); });
      team.barrier();
      team.each(wide_panels(sizes.out), 1, [&](Range panels) {
        sparse_forward({images, sizes, weight.data()}, lists, bias.data(), true, panels, y.data(),
                       per_thread.data() + team.index() * scratch);
      });
    });
  }
  report(state, weight.size() * sizeof(float), 2 * images * sizes.in * sizes.out);
}

void gradients(benchmark::State& state, Sizes sizes, bool with_dx) {
  const auto images = static_cast<std::size_t>(state.range(0));
  const Buffer<float> weight = numbers(sizes.in * sizes.out);
  const Buffer<float> x = numbers(images * sizes.in);
  const Buffer<float> dy = sparse_numbers(images * sizes.out, state.range(1));
  Buffer<float> dx(images * sizes.in);
  Buffer<float> weight_gradient(weight.size());
  Buffer<float> bias_gradient(sizes.out);
  const Scratch scratch = gradients_scratch(images, sizes, blocks());
  Buffer<float> shared(scratch.shared);
  Buffer<float> per_thread(scratch.per_thread * parallel::team_size());
  const Gradients all{.images = images,
                      .sizes = sizes,
                      .weight = weight.data(),
                      .x = x.data(),
                      .y = nullptr,
                      .dy = dy.data(),
                      .dx = with_dx ? dx.data() : nullptr,
                      .weight_gradient = weight_gradient.data(),
                      .bias_gradient = bias_gradient.data()};
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) {
      compute(all, team, blocks(), shared.data(),
              per_thread.data() + team.index() * scratch.per_thread);
    });
  }
  const std::size_t products = with_dx ? 2 : 1;
  report(state, products * weight.size() * sizeof(float),
         2 * products * images * sizes.in * sizes.out);
}

template <class Call>
auto* add(const std::string& name, const Call& call) {
  return benchmark::RegisterBenchmark(name.c_str(), call)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

template <class Call>
void add_sparse(const std::string& name, const Call& call) {
  add(name, call)->ArgsProduct({{64, 128}, {100, 50, 25}})->ArgNames({"images", "percent"});
}

void add_all() {
  const std::vector<Shape> shapes{
      {"FC6", {9216, 4096}}, {"FC7", {4096, 4096}}, {"FC8", {4096, 1000}}};
  const std::vector<Stored> kinds{{"fp32", Precision::fp32, 4},
                                  {"fp16", Precision::fp16, 2},
                                  {"bf16", Precision::bf16, 2},
                                  {"int8", Precision::int8, 1}};
  for (const Stored& stored : kinds) {
    for (const Shape& shape : shapes) {
      auto* const benchmark =
          add(fmt::format("Forward/{}/{}", stored.name, shape.name),
              [=](benchmark::State& state) { forward(state, shape.sizes, stored); });
      for (const int images : {1, 2, 4, 8, 12, 16, 32, 64, 128}) benchmark->Arg(images);
      if (stored.precision == Precision::fp32) continue;
      add(fmt::format("Columns/{}/{}", stored.name, shape.name),
          [=](benchmark::State& state) { columns(state, shape.sizes, stored); })
          ->ArgName("percent")
          ->Arg(100)
          ->Arg(50)
          ->Arg(25);
    }
  }
  for (const Shape& shape : shapes) {
    add_sparse("ForwardWithoutZeros/" + shape.name,
               [=](benchmark::State& state) { forward_without_zeros(state, shape.sizes); });
    add_sparse("WeightGradient/" + shape.name,
               [=](benchmark::State& state) { gradients(state, shape.sizes, false); });
    add_sparse("AllGradients/" + shape.name,
               [=](benchmark::State& state) { gradients(state, shape.sizes, true); });
  }
}

}  // namespace
}  // namespace alexnet::cpu::linear

int main(int argc, char** argv) {
  const alexnet::ThreadTeam team(omp_get_max_threads());
  alexnet::cpu::linear::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
