// Products of tiles over the windows of AlexNet's convolutions at 224 pixels, one image by one
// thread, as conv/tiles/layer.cpp has them: blocks of 96 positions × 32 outputs. "ops" are two for
// each multiply-add of the layer's definition, without what tiles compute in vain.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::simd {
namespace {

constexpr std::size_t kPositions = 6 * kTileLines;
constexpr std::size_t kPanels = 2;

struct Layer {
  std::string name;
  std::size_t side;  // of the output
  std::size_t taps;
  std::size_t depth;
  std::size_t outputs;

  std::size_t columns() const { return side + taps - 1; }
  std::size_t positions() const { return (side - 1) * columns() + side; }
  std::size_t multiply_adds() const { return side * side * taps * taps * depth * outputs; }
};

template <class Weight>
void products(benchmark::State& state, const Layer& layer) {
  const std::string reason = missing(sizeof(Weight) == 1 ? Isa::avx512_vnni : Isa::avx512_bf16);
  if (!reason.empty()) return state.SkipWithError(reason.c_str());
  constexpr std::size_t kStep = kTileDepth<Weight>;
  const std::size_t run_steps = (layer.taps * layer.depth + kStep - 1) / kStep;
  std::vector<std::uint32_t> offsets;
  offsets.reserve(layer.taps * run_steps);
  for (std::size_t i = 0; i < layer.taps * run_steps; ++i) {
    offsets.push_back(static_cast<std::uint32_t>(i / run_steps * layer.columns() * layer.depth +
                                                 i % run_steps * kStep));
  }
  const std::size_t pixels = layer.columns() * layer.columns() + kTileLines;
  const Buffer<typename TileKind<Weight>::Input> map(pixels * layer.depth + run_steps * kStep);
  const Buffer<Weight> weights(layer.outputs * offsets.size() * kStep);
  Buffer<typename TileKind<Weight>::Sum> sums(kPositions * kPanels * kTileLines);
  const TilesInUse tiles;
  for (auto _ : state) {
    for (std::size_t output = 0; output < layer.outputs; output += kPanels * kTileLines) {
      for (std::size_t position = 0; position < layer.positions(); position += kPositions) {
        const std::size_t some = std::min(kPositions, layer.positions() - position);
        multiply(TileProduct<Weight>{.a = map.data() + position * layer.depth,
                                     .a_stride = layer.depth,
                                     .offsets = offsets.data(),
                                     .steps = offsets.size(),
                                     .b = weights.data() + output * offsets.size() * kStep,
                                     .b_panel_stride = kTileLines * offsets.size() * kStep,
                                     .rows = some,
                                     .panels = kPanels,
                                     .sums = sums.data(),
                                     .sums_stride = kPanels * kTileLines});
      }
    }
  }
  state.counters["ops"] = benchmark::Counter(static_cast<double>(2 * layer.multiply_adds()),
                                             benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const Layer& layer :
       {Layer{"features.0", 55, 3, 48, 64}, Layer{"features.3", 27, 5, 64, 192},
        Layer{"features.6", 13, 3, 192, 384}, Layer{"features.8", 13, 3, 384, 256},
        Layer{"features.10", 13, 3, 256, 256}}) {
    benchmark::RegisterBenchmark(("Bf16/" + layer.name).c_str(), products<Bfloat16>, layer)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("Bytes/" + layer.name).c_str(), products<std::int8_t>, layer)
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
