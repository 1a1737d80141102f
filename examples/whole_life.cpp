// Trains a network, saves it, and uses it elsewhere.
#include <alexnet/alexnet.h>

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 2) return std::fprintf(stderr, "usage: whole_life WEIGHTS\n"), 2;

  alexnet::Tensor images({2, 1, 64, 64});  // a dark one and a bright one
  std::ranges::fill(images.values().last(64 * 64), 1.0F);
  const std::vector<std::int32_t> labels{0, 1};

  alexnet::AlexNet net({.ch_in = 1, .d_out = 2});
  for (int step = 0; step < 10; ++step) net.train_step(images, labels, /*learning_rate=*/0.001F);
  net.save(argv[1]);  // .safetensors, .pth or .onnx

  // Another program continues the training,
  alexnet::AlexNet again = alexnet::AlexNet::load(argv[1]);
  std::printf("loss %.3f\n", again.train_step(images, labels, /*learning_rate=*/0.001F));

  // or classifies images.
  alexnet::Classifier classifier(alexnet::load_model(argv[1], {.classes = {"dark", "bright"}}));
  const alexnet::Image image{.height = 80,
                             .width = 100,
                             .channels = 1,
                             .pixels = std::vector<std::uint8_t>(80 * 100, 240)};
  const alexnet::Prediction best = classifier.classify(image).front();
  std::printf("%.1f %%  %s\n", 100 * best.probability, best.label.c_str());
  return best.label == "bright" ? 0 : 1;
} catch (const alexnet::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
