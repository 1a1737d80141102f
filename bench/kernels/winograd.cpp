// AlexNet's convolutions in Winograd form, by OMP_NUM_THREADS threads, or one a processor, at 224
// and 64 pixels:
// the forward pass, the data gradient (the same with flipped filters) and the weight gradient, at
// batch 32; and the packing of the filters. "flops" are what a direct convolution would need,
// "computed" what the products after the transforms need: to be held against the processor's
// multiply-adds.
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <omp.h>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/base/round_up.h"
#include "engine/cpu/conv/winograd/convolution.h"
#include "engine/cpu/conv/winograd/weight_gradient.h"

namespace alexnet::cpu::winograd {
namespace {

constexpr std::size_t kImages = 32;

struct Layer {
  std::string name;
  Maps maps;
  Conv conv;
  std::size_t in_channels;
  std::size_t direct;  // multiply-adds an image
};

Buffer<float> numbers(std::size_t count) {
  Buffer<float> buffer(count);
  fill_uniform({buffer.data(), count}, {.seed = 1}, -1.0F, 1.0F);
  return buffer;
}

std::size_t size_of(const Shape& shape, std::size_t axis) {
  return static_cast<std::size_t>(shape[axis]);
}

// The first layer as the engine computes it: 3 × 3 over blocks of pixels.
std::vector<Layer> layers(int image_size, int channels) {
  const Architecture net = make_alexnet({.in_channels = channels, .image_size = image_size});
  std::vector<Layer> list;
  const auto infos = net.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const auto* conv = std::get_if<Conv>(&net.layers[i]);
    if (conv == nullptr) continue;
    const LayerInfo& info = infos[i];
    Conv plain = *conv;
    std::size_t in = size_of(info.input, 0);
    Maps maps{size_of(info.input, 1),
              size_of(info.input, 2),
              in,
              size_of(info.output, 1),
              size_of(info.output, 2),
              size_of(info.output, 0),
              static_cast<std::size_t>(conv->padding)};
    if (conv->stride > 1) {
      const auto stride = static_cast<std::size_t>(conv->stride);
      plain = {.out_channels = conv->out_channels,
               .kernel = (conv->kernel + conv->stride - 1) / conv->stride};
      in *= stride * stride;
      const std::size_t margin = static_cast<std::size_t>(plain.kernel) - 1;
      maps = {maps.out_height + margin, maps.out_width + margin, in, maps.out_height,
              maps.out_width,           maps.out_channels,       0};
    }
    list.push_back({fmt::format("{}/{}", image_size, info.name), maps, plain, in,
                    static_cast<std::size_t>(info.multiply_adds)});
  }
  return list;
}

void report(benchmark::State& state, const Layer& layer, std::size_t products) {
  using benchmark::Counter;
  const auto rate = Counter::kIsIterationInvariantRate;
  state.counters["flops"] =
      Counter(static_cast<double>(2 * kImages * layer.direct), rate, Counter::kIs1000);
  state.counters["computed"] =
      Counter(static_cast<double>(2 * kImages * products), rate, Counter::kIs1000);
}

/// A thread's scratch memory, of which it is alone the user.
struct Memory {
  float* shared;
  float* per_thread;
};

// Planned for `planned` images at a time; `call` takes all kImages through it.
template <class Call>
void convolve(benchmark::State& state, const Layer& layer, const Maps& maps, const Filter& filter,
              std::size_t planned, const Call& call) {
  Convolution convolution(maps, filter, Precision::fp32, planned, block_sizes(processor().caches));
  const Buffer<float> w = numbers(static_cast<std::size_t>(layer.conv.out_channels) *
                                  layer.in_channels * filter.taps * filter.taps);
  convolution.pack(Team(), w.data());
  const Buffer<float> x = numbers(kImages * maps.in_size());
  Buffer<float> y(kImages * maps.out_size());
  const Scratch scratch = convolution.scratch(1);
  const std::size_t shared = round_up(scratch.shared, 16);
  const std::size_t stride = shared + round_up(scratch.per_thread, 16);
  Buffer<float> memory(parallel::team_size() * stride);
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) {
      float* const mine = memory.data() + team.index() * stride;
      call(convolution, team, x.data(), y.data(), Memory{mine, mine + shared});
    });
  }
  report(state, layer, convolution.multiply_adds());
}

// A few images at a time by each thread, as in a plan.
void forward(benchmark::State& state, const Layer& layer) {
  convolve(state, layer, layer.maps, forward_filter(layer.conv, layer.in_channels), kImagesAtOnce,
           [&](const Convolution& convolution, const Team& team, const float* x, float* y,
               const Memory& memory) {
             team.each_evenly(kImages, kImagesAtOnce, [&](Range some) {
               convolution.run(Team(), some.size(), x + some.begin * layer.maps.in_size(),
                               y + some.begin * layer.maps.out_size(), {}, memory.shared,
                               memory.per_thread);
             });
           });
}

void data_gradient(benchmark::State& state, const Layer& layer) {
  const Maps& maps = layer.maps;
  convolve(state, layer,
           {maps.out_height, maps.out_width, maps.out_channels, maps.in_height, maps.in_width,
            maps.in_channels, static_cast<std::size_t>(layer.conv.kernel) - 1 - maps.padding},
           flipped_filter(layer.conv, layer.in_channels), kImages,
           [](const Convolution& convolution, const Team& team, const float* dy, float* dx,
              const Memory& memory) {
             convolution.run_divided(team, kImages, dy, dx, {}, memory.shared);
           });
}

void weight_gradient(benchmark::State& state, const Layer& layer) {
  const Filter filter = forward_filter(layer.conv, layer.in_channels);
  const WeightGradient gradient(layer.maps, filter, kImages);
  const Buffer<float> x = numbers(kImages * layer.maps.in_size());
  const Buffer<float> dy = numbers(kImages * layer.maps.out_size());
  Buffer<float> dw(filter.lanes * filter.depth * filter.taps * filter.taps);
  const std::size_t threads = parallel::team_size();
  const Scratch scratch = gradient.scratch();
  const std::size_t stride = round_up(scratch.per_thread, 16);
  Buffer<float> shared(scratch.shared);
  Buffer<float> per_thread(threads * stride);
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) {
      gradient.run(team, kImages, x.data(), dy.data(), dw.data(), shared.data(),
                   per_thread.data() + team.index() * stride);
    });
  }
  report(state, layer,
         Convolution(layer.maps, filter, Precision::fp32, 1, block_sizes(processor().caches))
             .multiply_adds());
}

void pack(benchmark::State& state, const Layer& layer) {
  const Filter filter = forward_filter(layer.conv, layer.in_channels);
  Convolution convolution(layer.maps, filter, Precision::fp32, 1, block_sizes(processor().caches));
  const Buffer<float> w = numbers(filter.lanes * filter.depth * filter.taps * filter.taps);
  for (auto _ : state) {
    parallel::with_team([&](const Team& team) { convolution.pack(team, w.data()); });
  }
}

void register_all() {
  struct Kind {
    std::string name;
    void (*run)(benchmark::State&, const Layer&);
  };
  for (const Kind& kind : {Kind{"Forward", forward}, Kind{"DataGradient", data_gradient},
                           Kind{"WeightGradient", weight_gradient}, Kind{"Pack", pack}}) {
    for (const auto& [size, channels] : {std::pair{224, 3}, std::pair{64, 1}}) {
      for (const Layer& layer : layers(size, channels)) {
        benchmark::RegisterBenchmark((kind.name + "/" + layer.name).c_str(), kind.run, layer)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace
}  // namespace alexnet::cpu::winograd

int main(int argc, char** argv) {
  const alexnet::ThreadTeam team(omp_get_max_threads());
  alexnet::cpu::limit_simd_from_environment();
  alexnet::cpu::winograd::register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
