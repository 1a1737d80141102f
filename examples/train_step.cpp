#include <alexnet/alexnet.h>

#include <cstdio>
#include <vector>

int main() {
  alexnet::AlexNet net({.ch_in = 1, .d_out = 10});
  const alexnet::Tensor images =
      alexnet::random_normal({4, 1, 64, 64}, /*seed=*/1);  // (b, c, h, w)
  const std::vector<std::int32_t> labels{3, 1, 4, 1};      // (b,)

  double first = 0;
  double loss = 0;
  for (int step = 0; step < 12; ++step) {
    loss = net.train_step(images, labels, /*learning_rate=*/0.001F);  // cross-entropy, then SGD
    if (step == 0) first = loss;
  }
  std::printf("loss %.3f -> %.3f\n", first, loss);
  return loss < first ? 0 : 1;
}
