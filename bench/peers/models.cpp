// Writes what every peer reads: the networks and the trunk of LPIPS with random weights, as model
// files, and random inputs. usage: peers_models FOLDER

#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <vector>

namespace {

using alexnet::Architecture;
using std::filesystem::path;

constexpr int kMaxBatch = 128;
constexpr std::size_t kPairBytes = 2UL * 3840 * 2160 * 3;  // of the largest pair of images
constexpr std::uint64_t kSeed = 1;

alexnet::Model random_model(Architecture net) {
  alexnet::Model model;
  model.parameters = alexnet::initialize(net, alexnet::Initializer::he, kSeed);
  for (int i = 0; i < net.classes(); ++i) model.classes.push_back(fmt::format("class {}", i));
  model.preprocess = {
      .resize = net.input_size(), .crop = net.input_size(), .channels = net.in_channels};
  const auto channels = static_cast<std::size_t>(net.in_channels);
  model.normalization.mean.assign(channels, 0.5F);
  model.normalization.deviation.assign(channels, 0.25F);
  model.architecture = std::move(net);
  return model;
}

void write_bytes(const path& file, std::span<const std::byte> bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  out.close();
  if (!out) throw alexnet::Error(fmt::format("{}: cannot be written", file.string()));
}

// Standard normal floats (kMaxBatch, C, H, W) without a header; a smaller batch reads fewer.
void write_inputs(const path& file, const Architecture& net) {
  const alexnet::Tensor images =
      alexnet::random_normal({kMaxBatch, net.in_channels, net.height, net.width}, kSeed);
  write_bytes(file, std::as_bytes(images.values()));
}

// Uniform bytes without a header, for pairs (batch, 2, H, W, 3) of any size.
void write_pixels(const path& file) {
  std::mt19937 random(kSeed);  // NOLINT(bugprone-random-generator-seed): the same bytes each time
  std::vector<std::uint32_t> words(kPairBytes / sizeof(std::uint32_t));
  std::ranges::generate(words, [&] { return static_cast<std::uint32_t>(random()); });
  write_bytes(file, std::as_bytes(std::span(words)));
}

void write_trunk(const path& file) {
  alexnet::Model trunk{.architecture = alexnet::make_alexnet_trunk()};
  trunk.parameters = alexnet::initialize(trunk.architecture, alexnet::Initializer::he, kSeed);
  alexnet::save_trunk(file, trunk);
}

void write_model(const path& folder, const std::string& name, const Architecture& net) {
  alexnet::save_model(folder / (name + ".safetensors"), random_model(net));
}

void write_all(const path& folder) {
  std::filesystem::create_directories(folder);
  const Architecture large = alexnet::make_alexnet();
  const Architecture small =
      alexnet::make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64});
  write_model(folder, "alexnet", large);
  write_model(folder, "alexnet-64", small);
  write_model(folder, "alexnet-2012", alexnet::make_alexnet_2012());
  write_inputs(folder / "inputs-3x224x224.f32", large);
  write_inputs(folder / "inputs-1x64x64.f32", small);
  write_trunk(folder / "lpips.safetensors");
  write_pixels(folder / "pixels.u8");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: peers_models FOLDER\n");
    return 2;
  }
  try {
    write_all(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "peers_models: {}\n", error.what());
    return 1;
  }
  return 0;
}
