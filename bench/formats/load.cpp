// How long a network of 61 million parameters takes to load in each format, checked to the last
// value, beside reading the same file (in the page cache) into memory:
//
//     build-test/bin/bench_load [FILE...]
//
// measures the formats that are written here, and any other weights files that are named.
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace alexnet;
namespace fs = std::filesystem;

void set_bytes(benchmark::State& state, const fs::path& file) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(fs::file_size(file)));
}

void read(benchmark::State& state, const fs::path& file) {
  const auto size = fs::file_size(file);
  for (auto _ : state) {
    const auto bytes = std::make_unique_for_overwrite<char[]>(size);
    std::ifstream stream(file, std::ios::binary);
    stream.rdbuf()->pubsetbuf(nullptr, 0);
    stream.read(bytes.get(), static_cast<std::streamsize>(size));
    benchmark::DoNotOptimize(bytes.get());
  }
  set_bytes(state, file);
}

void load(benchmark::State& state, const fs::path& file) {
  for (auto _ : state) {
    const Model model = load_model(file);
    benchmark::DoNotOptimize(model.parameters.begin()->tensor.data());
  }
  set_bytes(state, file);
}

void add(const fs::path& file) {
  const std::string name = file.filename().string();
  benchmark::RegisterBenchmark(("Read/" + name).c_str(), read, file)->UseRealTime();
  benchmark::RegisterBenchmark(("Load/" + name).c_str(), load, file)->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::SetDefaultTimeUnit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  const fs::path folder = fs::temp_directory_path() / "alexnet-bench-load";
  fs::create_directories(folder);
  Model model{.architecture = alexnet::make_alexnet(),
              .parameters = initialize(alexnet::make_alexnet(), Initializer::pytorch, 1),
              .classes = std::vector<std::string>(1000, "a class"),
              .preprocess = {},
              .normalization = {},
              .provenance = {}};
  for (const char* name : {"alexnet.safetensors", "alexnet.pth", "alexnet.onnx"}) {
    save_model(folder / name, model);
    add(folder / name);
  }
  for (int i = 1; i < argc; ++i) add(argv[i]);
  benchmark::RunSpecifiedBenchmarks();
  fs::remove_all(folder);
}
