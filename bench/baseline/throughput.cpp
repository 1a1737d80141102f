// Images per second of one task, in steady state: what torch_baseline.py measures of PyTorch.
// Prints one JSON object.

#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

namespace {

constexpr int kThreads = 2;
constexpr int kWarmUp = 2;

struct Task {
  std::string_view name;
  bool training = false;
  alexnet::NetworkOptions network;
  int batch = 0;
  int repetitions = 0;
};

constexpr alexnet::NetworkOptions kSmall{.in_channels = 1, .classes = 10, .image_size = 64};

constexpr std::array<Task, 4> kTasks{{{"train-64", true, kSmall, 128, 8},
                                      {"train-224", true, {}, 64, 5},
                                      {"infer-1", false, {}, 1, 40},
                                      {"infer-32", false, {}, 32, 8}}};

const Task& find_task(std::string_view name) {
  const auto* const found = std::ranges::find(kTasks, name, &Task::name);
  if (found == kTasks.end()) throw alexnet::Error(fmt::format("there is no task '{}'", name));
  return *found;
}

// Bytes, as decoders give them.
std::vector<std::uint8_t> random_pixels(const alexnet::Architecture& net, int batch) {
  const alexnet::Shape shape{batch, net.height, net.width, net.in_channels};
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(alexnet::element_count(shape)));
  alexnet::RandomStream stream({.seed = 1});
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(stream.below(256));
  return pixels;
}

// Runs `work` a few times for nothing, then times each of `repetitions`; the median in seconds.
double median_seconds(int repetitions, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < kWarmUp; ++i) work();
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  const auto middle = seconds.size() / 2;
  return seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
}

double time_training(const Task& task, const alexnet::Architecture& net,
                     alexnet::Parameters parameters, const alexnet::Images& images) {
  alexnet::TrainingOptions options;
  options.max_batch = task.batch;
  options.threads = kThreads;
  const auto plan = alexnet::engine().compile_training(net, std::move(parameters), options);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(task.batch));
  std::iota(labels.begin(), labels.end(), 0);
  for (auto& label : labels) label %= task.network.classes;
  std::uint32_t step = 0;
  return median_seconds(task.repetitions, [&] {
    plan->compute_gradients(images, labels, step++);
    plan->update(0.01F);
  });
}

double time_inference(const Task& task, const alexnet::Architecture& net,
                      alexnet::Parameters parameters, const alexnet::Images& images) {
  const auto plan = alexnet::engine().compile(
      net, std::make_shared<const alexnet::Parameters>(std::move(parameters)),
      {.max_batch = task.batch, .threads = kThreads});
  return median_seconds(task.repetitions, [&] { plan->run(images); });
}

void run(const Task& task) {
  const alexnet::Architecture net = alexnet::alexnet(task.network);
  const auto pixels = random_pixels(net, task.batch);
  const auto images =
      alexnet::Images::from_bytes(pixels, task.batch, net.in_channels, net.height, net.width);
  const auto time = task.training ? time_training : time_inference;
  const double seconds =
      time(task, net, alexnet::initialize(net, alexnet::Initializer::pytorch, 1), images);
  const nlohmann::json result{{"task", task.name},
                              {"who", "alexnet"},
                              {"mode", "cpu"},
                              {"batch", task.batch},
                              {"milliseconds", seconds * 1e3},
                              {"images_per_second", task.batch / seconds}};
  fmt::print("{}\n", result.dump());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: throughput train-64|train-224|infer-1|infer-32\n");
    return 2;
  }
  try {
    run(find_task(argv[1]));
  } catch (const std::exception& error) {
    fmt::print(stderr, "throughput: {}\n", error.what());
    return 1;
  }
  return 0;
}
