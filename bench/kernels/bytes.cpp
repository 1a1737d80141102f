// Products of bytes over the windows of AlexNet's convolutions at 224 pixels, one image by one
// thread, beside oneDNN's convolutions of bytes; and the rounding of a map to bytes. "ops" are two
// for each multiply-add: to be held against four times the processor's operations in float32.
#include <alexnet/random.h>
#include <benchmark/benchmark.h>
#include <omp.h>

#include <dnnl.hpp>
#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/simd/byte_windows.h"

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

void report(benchmark::State& state, const Layer& layer) {
  const std::size_t multiply_adds = layer.side * layer.side * layer.window() * layer.outputs;
  state.counters["ops"] = benchmark::Counter(static_cast<double>(2 * multiply_adds),
                                             benchmark::Counter::kIsIterationInvariantRate);
}

void products(benchmark::State& state, const Layer& layer) {
  const std::string reason = missing(Isa::avx512_vnni);
  if (!reason.empty()) return state.SkipWithError(reason.c_str());
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
  report(state, layer);
}

/// The same without padding, on a map that has its margin already.
void onednn(benchmark::State& state, const Layer& layer) {
  using Memory = dnnl::memory;
  using Type = Memory::data_type;
  using Tag = Memory::format_tag;
  const auto dim = [](std::size_t size) { return static_cast<Memory::dim>(size); };
  const auto columns = dim(layer.columns());
  const Memory::desc x({1, dim(layer.depth), columns, columns}, Type::u8, Tag::nhwc);
  const Memory::desc w({dim(layer.outputs), dim(layer.depth), dim(layer.taps), dim(layer.taps)},
                       Type::s8, Tag::any);
  const Memory::desc bias({dim(layer.outputs)}, Type::f32, Tag::x);
  const Memory::desc y({1, dim(layer.outputs), dim(layer.side), dim(layer.side)}, Type::f32,
                       Tag::nhwc);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::convolution_forward::desc wanted(dnnl::prop_kind::forward_inference,
                                               dnnl::algorithm::convolution_direct, x, w, bias, y,
                                               {1, 1}, {0, 0}, {0, 0});
  const dnnl::convolution_forward::primitive_desc plan(wanted, engine);
  const dnnl::convolution_forward convolution(plan);
  const std::unordered_map<int, Memory> memory{
      {DNNL_ARG_SRC, Memory(x, engine)},
      {DNNL_ARG_WEIGHTS, Memory(plan.weights_desc(), engine)},
      {DNNL_ARG_BIAS, Memory(bias, engine)},
      {DNNL_ARG_DST, Memory(y, engine)}};
  dnnl::stream stream(engine);
  omp_set_num_threads(1);
  for (auto _ : state) {
    convolution.execute(stream, memory);
    stream.wait();
  }
  state.SetLabel(plan.impl_info_str());
  report(state, layer);
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
    benchmark::RegisterBenchmark(("OneDnn/" + layer.name).c_str(), onednn, layer)
        ->Unit(benchmark::kMicrosecond);
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
