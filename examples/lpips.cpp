// Makes one picture look like another, by the gradient of LPIPS.
#include <alexnet/alexnet.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

int main(int argc, char** argv) try {
  alexnet::Model trunk;
  if (argc > 1) {
    trunk = alexnet::load_trunk(argv[1]);
  } else {  // without trained weights, to try it
    trunk.architecture = alexnet::make_alexnet_trunk();
    trunk.parameters = alexnet::initialize(trunk.architecture, alexnet::Initializer::he, 1);
  }
  alexnet::Lpips lpips(std::move(trunk));
  alexnet::Tensor target({1, 3, 64, 64});
  alexnet::Tensor image({1, 3, 64, 64});
  alexnet::fill_uniform(target.values(), {.seed = 1}, 0.0F, 1.0F);
  alexnet::fill_uniform(image.values(), {.seed = 2}, 0.0F, 1.0F);

  const double before = lpips.distances(target, image).front().distance;
  for (int step = 0; step < 20; ++step) {
    const alexnet::LpipsGradient found = lpips.gradient(target, image);
    for (std::int64_t i = 0; i < image.size(); ++i) {
      const float down = std::copysign(1.0F / 255.0F, -found.gradient[i]);
      image[i] = std::clamp(image[i] + down, 0.0F, 1.0F);
    }
  }
  const double after = lpips.distances(target, image).front().distance;
  std::printf("LPIPS %.4f, after 20 steps %.4f\n", before, after);
  return after < before ? 0 : 1;
} catch (const alexnet::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
