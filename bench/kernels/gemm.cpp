// Products of small matrices on one thread, at the sizes that Winograd convolutions ask for: rows
// are tiles, depth and columns channels. To be held against the processor's fused multiply-adds.
#include <alexnet/random.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/memory.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu::simd {
namespace {

struct Size {
  std::size_t rows, depth, columns;
};

void product(benchmark::State& state, Size size, bool transposed) {
  const std::size_t width = panel_width();
  const std::size_t panels = (size.columns + width - 1) / width;
  Buffer<float> a(size.rows * size.depth);
  Buffer<float> b(panels * width * size.depth);
  Buffer<float> c(size.rows * panels * width);
  fill_uniform({a.data(), a.size()}, {.seed = 1}, -1.0F, 1.0F);
  fill_uniform({b.data(), b.size()}, {.seed = 2}, -1.0F, 1.0F);
  for (auto _ : state) {
    multiply(Product<float>{.rows = size.rows,
                            .depth = size.depth,
                            .panels = panels,
                            .a = a.data(),
                            .a_stride = transposed ? size.rows : size.depth,
                            .a_transposed = transposed,
                            .b = b.data(),
                            .b_panel_stride = size.depth * width,
                            .c = c.data(),
                            .c_stride = panels * width,
                            .c_panel_stride = width});
    benchmark::ClobberMemory();
  }
  const std::size_t flops = 2 * size.rows * size.depth * size.columns;
  state.counters["flops"] =
      benchmark::Counter(static_cast<double>(flops), benchmark::Counter::kIsIterationInvariantRate,
                         benchmark::Counter::kIs1000);
}

void register_all() {
  for (const Size size : {Size{72, 192, 384}, Size{24, 192, 384}, Size{8, 192, 384},
                          Size{9, 192, 384}, Size{3, 192, 384}, Size{1, 192, 384},
                          Size{72, 384, 256}, Size{55, 48, 64}, Size{49, 64, 192}}) {
    benchmark::RegisterBenchmark(
        fmt::format("Forward/{}x{}x{}", size.rows, size.depth, size.columns).c_str(), product, size,
        false);
  }
  for (const Size size : {Size{384, 192, 256}, Size{192, 63, 384}, Size{64, 49, 192}}) {
    benchmark::RegisterBenchmark(
        fmt::format("WeightGradient/{}x{}x{}", size.rows, size.depth, size.columns).c_str(),
        product, size, true);
  }
}

}  // namespace
}  // namespace alexnet::cpu::simd

int main(int argc, char** argv) {
  alexnet::cpu::limit_simd_from_environment();
  alexnet::cpu::simd::register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
