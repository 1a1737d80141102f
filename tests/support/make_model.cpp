// Writes a model with random weights and a picture, and perhaps a model on torchvision's
// convolutions, for examples and clients to be run on: make_model MODEL PICTURE [TRUNK]
#include <alexnet/alexnet.h>

#include "data/image/png_writer.h"
#include "support/trunk_model.h"

int main(int argc, char** argv) {
  alexnet::Model model;
  model.architecture =
      alexnet::make_network("alexnet-2012", {.in_channels = 1, .classes = 7, .image_size = 64});
  model.parameters = alexnet::initialize(model.architecture, alexnet::Initializer::he, 1);
  model.classes = {"cat", "daisy", "owl", "fox", "hen", "bee", "elk"};
  model.preprocess = {.resize = 64, .crop = 64, .channels = 1};
  save_model(argv[1], model);
  alexnet::Image image{
      .height = 70, .width = 80, .channels = 1, .pixels = std::vector<std::uint8_t>(5600)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7);
  alexnet::save_png(argv[2], image);
  if (argc > 3) alexnet::save_model(argv[3], alexnet::test::trunk_classifier());
}
