// Trains AlexNet on Fashion-MNIST for 200 steps and writes all that another program needs to do the
// same: the initial weights, the batches, and the losses that came out. parity.py is the other.

#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/loader.h>
#include <alexnet/networks.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using alexnet::Error;

constexpr int kSteps = 200;
constexpr int kBatch = 64;
constexpr int kSize = 64;
constexpr float kLearningRate = 0.01F;
constexpr std::uint64_t kSeed = 1;

template <class T>
void append(std::ofstream& file, const std::vector<T>& values) {
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

std::ofstream create(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  return file;
}

void write_weights(const std::filesystem::path& path, const alexnet::Parameters& parameters) {
  std::vector<alexnet::NamedView> views;
  for (const auto& [name, tensor] : parameters) {
    views.push_back({name, {tensor.shape(), tensor.values()}});
  }
  alexnet::write_safetensors(path, views, {});
}

// Trains, and writes every batch as it passes: pixels (n, h, w, c) in bytes, labels in int32.
std::vector<double> train(alexnet::TrainingPlan& plan, alexnet::Loader& loader,
                          const std::filesystem::path& folder) {
  std::ofstream pixels = create(folder / "pixels.bin");
  std::ofstream labels = create(folder / "labels.bin");
  std::vector<double> losses;
  loader.start(0);
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const alexnet::Batch* batch = loader.next();
    if (batch == nullptr) throw Error("the data set has too few images for the run");
    append(pixels, batch->pixels);
    append(labels, batch->labels);
    losses.push_back(plan.compute_gradients(batch->images(), batch->labels, step).loss);
    plan.update(kLearningRate);
  }
  return losses;
}

void run(const std::filesystem::path& folder) {
  const auto dataset = alexnet::open_dataset("fashion-mnist", alexnet::Split::train);
  const alexnet::Preprocess preprocess = alexnet::default_preprocess(*dataset, kSize);
  const auto net = alexnet::make_alexnet(
      {.in_channels = dataset->channels(), .classes = 10, .image_size = kSize, .dropout = 0.0F});
  alexnet::Loader loader(dataset, {.batch_size = kBatch,
                                   .seed = kSeed,
                                   .shuffle = true,
                                   .drop_last = true,
                                   .preprocess = preprocess});
  alexnet::Parameters parameters = alexnet::initialize(net, alexnet::Initializer::pytorch, kSeed);
  write_weights(folder / "weights.safetensors", parameters);

  alexnet::TrainingOptions options;
  options.max_batch = kBatch;
  options.normalization = alexnet::measure_normalization(*dataset, preprocess);
  const auto plan = alexnet::compile_training(net, std::move(parameters), options);
  const nlohmann::json result{{"batch", kBatch},
                              {"size", kSize},
                              {"learning_rate", kLearningRate},
                              {"momentum", options.sgd.momentum},
                              {"weight_decay", options.sgd.weights.weight_decay},
                              {"mean", options.normalization.mean},
                              {"deviation", options.normalization.deviation},
                              {"losses", train(*plan, loader, folder)}};
  create(folder / "run.json") << result.dump();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: parity FOLDER\n");
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "parity: {}\n", error.what());
    return 1;
  }
  return 0;
}
