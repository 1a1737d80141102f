// What an explanation costs: torchvision's network at 224 pixels with random weights, all
// processors.
#include <alexnet/explain.h>
#include <alexnet/networks.h>
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alexnet {
namespace {

Explainer& explainer() {
  static Explainer made = [] {
    Model model{.architecture = make_alexnet(), .parameters = {}, .classes = {}};
    model.parameters = initialize(model.architecture, Initializer::he, 1);
    for (int c = 0; c < 1000; ++c) model.classes.push_back(std::to_string(c));
    return Explainer(std::move(model));
  }();
  return made;
}

Image grey(std::uint8_t value) {
  return {.height = 256,
          .width = 256,
          .channels = 3,
          .pixels = std::vector<std::uint8_t>(std::size_t{256} * 256 * 3, value)};
}

// Never the one before, whose forward pass is kept.
const Image& picture() {
  static const std::array<Image, 2> pictures{grey(90), grey(200)};
  static std::size_t calls = 0;
  return pictures[calls++ % pictures.size()];
}

void classify(benchmark::State& state) {
  explainer().classify(picture());  // plans are made on first use
  for (auto _ : state) benchmark::DoNotOptimize(explainer().classify(picture()));
}
BENCHMARK(classify)->Unit(benchmark::kMillisecond)->UseRealTime();

void grad_cam(benchmark::State& state) {
  explainer().grad_cam(picture(), 7);
  for (auto _ : state) benchmark::DoNotOptimize(explainer().grad_cam(picture(), 7));
}
BENCHMARK(grad_cam)->Unit(benchmark::kMillisecond)->UseRealTime();

void occlusion(benchmark::State& state) {
  explainer().occlusion(picture(), {7, 8});
  for (auto _ : state) benchmark::DoNotOptimize(explainer().occlusion(picture(), {7, 8}));
}
BENCHMARK(occlusion)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace alexnet

BENCHMARK_MAIN();
