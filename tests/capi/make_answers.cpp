// Writes a model, pictures and what the C++ library makes of them, for programs that use the C
// interface.
#include <alexnet/alexnet.h>

#include <fmt/format.h>

#include <filesystem>
#include <span>

#include "core/file.h"
#include "data/image/png_writer.h"
#include "support/small_model.h"

namespace alexnet {
namespace {

constexpr int kPictures = 2;
constexpr int kSteps = 3;

void write(const std::filesystem::path& path, std::span<const float> values) {
  AtomicFile file(path);
  file.write(std::as_bytes(values));
  file.commit();
}

Image picture(int seed) {
  Image image{.height = 40, .width = 50, .channels = 3, .pixels = std::vector<std::uint8_t>(6000)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * static_cast<std::size_t>(seed + 7) / 3);
  }
  return image;
}

void write_predictions(const std::filesystem::path& folder) {
  const Model model = test::small_model();
  const auto parameters = std::make_shared<const Parameters>(model.parameters.clone());
  const auto plan = compile(model.architecture, parameters,
                            {{.max_batch = kPictures, .normalization = model.normalization}});
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kPictures; ++i) {
    save_png(folder / fmt::format("{}.png", i), picture(i));
    const Image input = preprocess_image(picture(i), model.preprocess);
    pixels.insert(pixels.end(), input.pixels.begin(), input.pixels.end());
  }
  const Outputs outputs = plan->run(Images::from_bytes(pixels, {kPictures, 1, 28, 28}));
  write(folder / "log_probabilities.f32", outputs.log_probabilities.values);
  write(folder / "logits.f32", outputs.logits.values);
  write(folder / "features.f32", outputs.features.values);
}

void write_training(const std::filesystem::path& folder) {
  const Model model = test::small_model();
  const Tensor images = random_normal({4, 1, 28, 28}, 9);
  const std::vector<std::int32_t> labels{3, 1, 4, 1};
  const auto plan =
      compile_training(model.architecture, model.parameters.clone(), {{.max_batch = 4}});
  std::vector<float> losses;
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const double loss = plan->compute_gradients(Images(images), labels, step).loss;
    losses.push_back(static_cast<float>(loss));
    plan->update(0.01F);
  }
  write(folder / "images.f32", images.values());
  write(folder / "losses.f32", losses);
  write(folder / "trained.f32", plan->parameters().at("features.0.weight").values());
}

}  // namespace
}  // namespace alexnet

int main(int /*argc*/, char** argv) {
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  save_model(folder / "model.safetensors", alexnet::test::small_model());
  alexnet::write_predictions(folder);
  alexnet::write_training(folder);
}
