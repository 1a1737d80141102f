// What bench/track measures with: a model of random weights, and a folder of JPEGs that cost a
// decoder about what photographs do.
//
//   bench_inputs FOLDER      writes FOLDER/model.safetensors and FOLDER/images/CLASS/NUMBER.jpg
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "support/jpeg_file.h"

namespace {

namespace fs = std::filesystem;

constexpr int kImages = 200;
constexpr int kClasses = 2;
constexpr int kWidth = 500;
constexpr int kHeight = 375;

void write_model(const fs::path& file) {
  alexnet::Model model;
  model.architecture = alexnet::make_alexnet();
  model.parameters =
      alexnet::initialize(model.architecture, alexnet::kDefaultInitializer, /*seed=*/1);
  for (int i = 0; i < model.architecture.classes(); ++i) {
    model.classes.push_back(fmt::format("class {}", i));
  }
  alexnet::save_model(file, model);
}

void write_images(const fs::path& folder) {
  const auto bytes =
      alexnet::test::jpeg_file(alexnet::test::scenery(kHeight, kWidth, 3), {.quality = 75});
  for (int i = 0; i < kImages; ++i) {
    const fs::path file = folder / fmt::format("class{}/{:03}.jpg", i % kClasses, i);
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return fmt::print(stderr, "usage: bench_inputs FOLDER\n"), 2;
  const fs::path folder = argv[1];
  write_images(folder / "images");
  write_model(folder / "model.safetensors");
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_inputs: {}\n", error.what());
  return 1;
}
