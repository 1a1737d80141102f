// Products of bytes over the windows of AlexNet's convolutions at 224 pixels, one image by one
// thread; and the rounding of a map to bytes. "ops" are two for each multiply-add: to be held
// against four times the processor's operations in float32.
#include <alexnet/random.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/simd/byte_windows.h"
#include "engine/cpu/simd/target.h"

namespace alexnet::cpu::simd {
namespace {

/// As the layer has it: windows of taps × taps pixels over maps with a margin.
struct Layer {
  std::string name;
  std::size_t side;  // of the output
  std::size_t taps;
  std::size_t depth;
  std::size_t outputs;

  std::size_t columns() const { return side + taps - 1; }
  std::size_t window() const { return taps * taps * depth; }
};

void products(benchmark::State& state, const Layer& layer) {
  if (!multiplies_bytes()) return state.SkipWithError("this processor has no AVX-512 VNNI");
  const Buffer<std::uint8_t> map(layer.columns() * layer.columns() * layer.depth);
  const Buffer<std::int8_t> weights(layer.outputs * layer.window());
  const std::vector<std::int32_t> sums(layer.outputs);
  const std::vector<float> scales(layer.outputs);
  Buffer<float> y(layer.side * layer.side * layer.outputs);
  std::vector<std::uint32_t> windows;
  for (std::size_t i = 0; i < layer.side * layer.side; ++i) {
    const std::size_t pixel = i / layer.side * layer.columns() + i % layer.side;
    windows.push_back(static_cast<std::uint32_t>(pixel * layer.depth));
  }
  for (auto _ : state) {
    for (std::size_t first = 0; first < layer.outputs; first += kByteOutputs) {
      multiply({.map = map.data(),
                .row_stride = layer.columns() * layer.depth,
                .windows = windows.data(),
                .pixels = windows.size(),
                .rows = layer.taps,
                .run = layer.taps * layer.depth,
                .weights = weights.data() + first * layer.window(),
                .outputs = kByteOutputs,
                .sums = sums.data(),
                .scales = scales.data(),
                .bias = scales.data(),
                .y = y.data() + first,
                .y_stride = layer.outputs});
    }
  }
  const std::size_t multiply_adds = windows.size() * layer.window() * layer.outputs;
  state.counters["ops"] = benchmark::Counter(static_cast<double>(2 * multiply_adds),
                                             benchmark::Counter::kIsIterationInvariantRate);
}

void rounding(benchmark::State& state) {
  constexpr std::size_t kCount = 57UL * 57 * 48;  // the first layer's map
  Buffer<float> values(kCount);
  fill_uniform({values.data(), kCount}, {.seed = 1}, -1.0F, 1.0F);
  Buffer<std::uint8_t> bytes(kCount);
  for (auto _ : state) {
    benchmark::DoNotOptimize(value_range(values.data(), kCount));
    to_unsigned_bytes(values.data(), kCount, 100.0F, 127, bytes.data());
  }
}
BENCHMARK(rounding)->Name("Rounding/features.0")->Unit(benchmark::kMicrosecond);

void register_all() {
  for (const Layer& layer :
       {Layer{"features.0", 55, 3, 48, 64}, Layer{"features.3", 27, 5, 64, 192},
        Layer{"features.6", 13, 3, 192, 384}, Layer{"features.8", 13, 3, 384, 256},
        Layer{"features.10", 13, 3, 256, 256}}) {
    benchmark::RegisterBenchmark(("Products/" + layer.name).c_str(), products, layer)
        ->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace
}  // namespace alexnet::cpu::simd

int main(int argc, char** argv) {
  alexnet::cpu::simd::set_target_from_environment();
  alexnet::cpu::simd::register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
