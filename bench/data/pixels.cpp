// Writes what training and evaluation see of each JPEG of a folder, for compare_pixels.py:
//
//   bench_pixels FOLDER FILE      for each image: top, left, height, width of the random part and
//                                 whether it is mirrored (int32), then 224 x 224 x 3 bytes of
//                                 training's input, then as many of evaluation's
#include <alexnet/loader.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "data/loading/input_maker.h"

namespace {

using namespace alexnet;

void write(std::ofstream& out, const Framing& framing, const std::vector<std::uint8_t>& pixels) {
  const std::array<std::int32_t, 5> numbers{framing.part.top, framing.part.left,
                                            framing.part.height, framing.part.width,
                                            framing.flip ? 1 : 0};
  out.write(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers));
  out.write(reinterpret_cast<const char*>(pixels.data()),
            static_cast<std::streamsize>(pixels.size()));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return std::fputs("usage: bench_pixels FOLDER FILE\n", stderr), 2;
  const DatasetPtr dataset = open_dataset(argv[1], Split::train);
  std::ofstream out(argv[2], std::ios::binary);
  InputMaker training({{}, Augmentation{.flip = true, .resized_crop = true}});
  InputMaker evaluation({{}, {}});
  constexpr std::size_t kBytes = std::size_t{224} * 224 * 3;
  std::vector<std::uint8_t> pixels(2 * kBytes);
  StoredSample sample;
  for (std::uint32_t i = 0; i < dataset->size(); ++i) {
    const RandomKey key{.seed = 1, .purpose = Purpose::augmentation, .minor = i};
    dataset->read(i, sample);
    const Framing framing = training.make(sample, key, pixels.data());
    evaluation.make(sample, key, pixels.data() + kBytes);
    write(out, framing, pixels);
  }
  return out.flush() ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_pixels: {}\n", error.what());
  return 1;
}
