#include <alexnet/alexnet.h>

#include <cstdio>

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: classify WEIGHTS IMAGE\n"), 2;

  alexnet::Classifier classifier(alexnet::load_model(alexnet::find_weights(argv[1])));
  for (const auto& prediction : classifier.classify(argv[2], /*top=*/3)) {
    std::printf("%5.1f %%  %s\n", 100 * prediction.probability, prediction.label.c_str());
  }
  return 0;
} catch (const alexnet::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
