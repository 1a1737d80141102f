#include <alexnet/classifier.h>
#include <alexnet/networks.h>

#include <iostream>

int main(int argc, char** argv) {
  const auto net = alexnet::alexnet({.in_channels = 1, .classes = 10, .image_size = 64});
  std::cout << net.parameter_count() << '\n';
  if (argc != 3) return 0;
  alexnet::Classifier classifier(alexnet::load_model(argv[1]));
  std::cout << classifier.classify(argv[2]).front().label << '\n';
}
