// Says what a network sees in an image, and where.
#include <alexnet/alexnet.h>

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: explain WEIGHTS IMAGE\n"), 2;

  alexnet::Explainer explainer(alexnet::load_model(alexnet::find_weights(argv[1])));
  const alexnet::Image image = alexnet::read_image(argv[2], explainer.model().preprocess.channels);
  const alexnet::Prediction best = explainer.classify(image).front();
  const alexnet::Heat heat = explainer.grad_cam(image, best.index);
  const auto most = std::ranges::max_element(heat.values) - heat.values.begin();
  std::printf("%s, most for it in row %d and column %d of %d x %d\n", best.label.c_str(),
              static_cast<int>(most) / heat.width, static_cast<int>(most) % heat.width, heat.height,
              heat.width);
  const alexnet::Image picture = alexnet::overlay(explainer.input(image), heat);  // RGB
  return picture.size() == explainer.model().preprocess.crop ? 0 : 1;
} catch (const alexnet::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
