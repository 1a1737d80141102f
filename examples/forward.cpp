#include <alexnet/alexnet.h>

#include <cmath>
#include <cstdio>

int main() {
  alexnet::AlexNet net({.ch_in = 1, .d_out = 10});
  const alexnet::Tensor images = alexnet::random_normal({2, 1, 64, 64}, /*seed=*/1);

  const alexnet::Tensor log_probabilities = net.forward(images);  // (2, 10)
  const alexnet::Tensor logits = net.logits(images);              // (2, 10)
  const alexnet::Tensor features = net.features(images);          // (2, 256, 6, 6)

  double sum = 0;  // over the classes of the first image
  for (int c = 0; c < 10; ++c) sum += std::exp(log_probabilities[c]);
  std::printf("%s, features %s, probabilities sum to %.6f\n",
              alexnet::to_string(log_probabilities.shape()).c_str(),
              alexnet::to_string(features.shape()).c_str(), sum);
  return std::abs(sum - 1) < 1e-5 && logits.shape() == log_probabilities.shape() ? 0 : 1;
}
