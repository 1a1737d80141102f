// What it costs to train from JPEGs instead of from memory: steps of AlexNet on 224 x 224 pixels,
// taking turns, on batches that lie ready and on batches that a loader prepares meanwhile.
//
//   bench_overlap FOLDER [WORKERS [BATCH [ROUNDS]]]
#include <alexnet/engine.h>
#include <alexnet/loader.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace alexnet;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

struct Times {
  std::vector<double> steps;  // a mean of each round
  double waited = 0;
  int count = 0;  // of steps, over all rounds
};

class Bench {
 public:
  Bench(const std::string& folder, int workers, int batch)
      : dataset_(open_dataset(folder, Split::train)),
        loader_(dataset_, options(workers, batch)),
        plan_(compile(batch, static_cast<int>(dataset_->classes().size()))) {}

  void keep_batches() {
    loader_.start(0);
    while (const Batch* batch = loader_.next()) kept_.push_back(*batch);
    step(kept_[0]);  // the first is slower
  }

  void from_memory(Times& times) {
    const auto start = Clock::now();
    for (const Batch& batch : kept_) step(batch);
    times.steps.push_back(seconds_since(start) / static_cast<double>(kept_.size()));
  }

  void from_files(std::uint32_t epoch, Times& times) {
    loader_.start(epoch);
    const Batch* batch = loader_.next();  // the pipeline is filled
    const auto start = Clock::now();
    int steps = 0;
    for (; batch != nullptr; ++steps) {
      step(*batch);
      const auto asked = Clock::now();
      batch = loader_.next();
      times.waited += seconds_since(asked);
    }
    times.steps.push_back(seconds_since(start) / steps);
    times.count += steps;
  }

  // Of one thread alone.
  double decoding() {
    Loader loader(dataset_, options(1, loader_options_.batch_size));
    loader.start(1);
    const auto start = Clock::now();
    int batches = 0;
    while (loader.next() != nullptr) ++batches;
    return seconds_since(start) / batches;
  }

 private:
  LoaderOptions options(int workers, int batch) {
    loader_options_ = {.batch_size = batch,
                       .workers = workers,
                       .seed = 1,
                       .shuffle = true,
                       .drop_last = true,
                       .preprocess = {},
                       .augmentation = Augmentation{.flip = true, .resized_crop = true}};
    return loader_options_;
  }

  static std::unique_ptr<TrainingPlan> compile(int batch, int classes) {
    const Architecture net =
        make_network("alexnet", {.in_channels = 3, .classes = classes, .image_size = 224});
    TrainingOptions training;
    training.max_batch = batch;
    training.normalization = {.mean = {0.5F, 0.5F, 0.5F}, .deviation = {0.25F, 0.25F, 0.25F}};
    return compile_training(net, initialize(net, Initializer::he, 1), training);
  }

  void step(const Batch& batch) {
    plan_->compute_gradients(batch.images(), batch.labels, steps_++);
    plan_->update(0.001F);
  }

  DatasetPtr dataset_;
  LoaderOptions loader_options_;
  Loader loader_;
  std::unique_ptr<TrainingPlan> plan_;
  std::vector<Batch> kept_;
  std::uint32_t steps_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2)
    return std::fputs("usage: bench_overlap FOLDER [WORKERS [BATCH [ROUNDS]]]\n", stderr), 2;
  const int workers = argc > 2 ? std::stoi(argv[2]) : 1;
  const int batch = argc > 3 ? std::stoi(argv[3]) : 64;
  const int rounds = argc > 4 ? std::stoi(argv[4]) : 5;
  Bench bench(argv[1], workers, batch);
  bench.keep_batches();
  Times memory;
  Times files;
  std::vector<double> decoding;
  for (int round = 0; round < rounds; ++round) {
    bench.from_memory(memory);
    bench.from_files(static_cast<std::uint32_t>(round) + 1, files);
    decoding.push_back(bench.decoding());
  }
  fmt::print(
      "a step of {}, ms: from memory {:.1f}, from JPEGs {:.1f} ({} workers; {:.1f} waiting)\n",
      batch, 1e3 * median(memory.steps), 1e3 * median(files.steps), workers,
      1e3 * files.waited / files.count);
  fmt::print("preparing its images alone takes one thread {:.1f} ms\n", 1e3 * median(decoding));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_overlap: {}\n", error.what());
  return 1;
}
