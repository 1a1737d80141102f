// Our side of bench/data/compare: passes over a folder of class folders on request, one thread.
//
//   bench_pipeline FOLDER      answers each line on its standard input, "decode", "train",
//                              "train-fast" or "eval", with the seconds of one pass
#include <alexnet/loader.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace alexnet;

constexpr int kBatch = 64;

std::uint64_t decode_all(const Dataset& dataset) {
  std::uint64_t sum = 0;
  StoredSample stored;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    dataset.read(i, stored);
    sum += decode_image(stored.file, {.channels = 3, .source = stored.name}).pixels[0];
  }
  return sum;
}

LoaderOptions options_of(const std::string& task) {
  LoaderOptions options{.batch_size = kBatch, .preprocess = {}};
  if (task != "eval") options.augmentation = Augmentation{.flip = true, .resized_crop = true};
  options.fast_decode = task == "train-fast";
  return options;
}

std::uint64_t load_all(Loader& loader) {
  loader.start(0);
  std::uint64_t sum = 0;
  while (const Batch* batch = loader.next()) sum += batch->pixels[0];
  return sum;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return std::fputs("usage: bench_pipeline FOLDER\n", stderr), 2;
  const DatasetPtr dataset = open_dataset(argv[1], Split::train);
  std::map<std::string, Loader> loaders;
  for (std::string task; std::getline(std::cin, task);) {
    if (task != "decode") loaders.try_emplace(task, dataset, options_of(task));
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t sum = task == "decode" ? decode_all(*dataset) : load_all(loaders.at(task));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fmt::print("{} {}\n", seconds.count(), sum);
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_pipeline: {}\n", error.what());
  return 1;
}
