#pragma once

#include <alexnet/image.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/paths.h"

namespace alexnet::test {

inline std::filesystem::path fixture(const std::string& name) {
  return tests_folder() / "data/image/fixtures" / name;
}

/// A binary PPM or PGM file as Pillow writes it.
inline Image read_netpbm(const std::string& name) {
  std::ifstream stream(fixture(name), std::ios::binary);
  std::string magic;
  Image image;
  int maximum = 0;
  stream >> magic >> image.width >> image.height >> maximum;
  stream.get();
  image.channels = magic == "P5" ? 1 : 3;
  image.pixels.resize(static_cast<std::size_t>(image.width * image.height * image.channels));
  stream.read(reinterpret_cast<char*>(image.pixels.data()),
              static_cast<std::streamsize>(image.pixels.size()));
  if (!stream || maximum != 255) throw std::runtime_error("cannot read fixture " + name);
  return image;
}

/// Largest difference of a pixel; 256 when the shapes differ.
inline int distance(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width || a.channels != b.channels ||
      a.pixels.size() != b.pixels.size()) {
    return 256;
  }
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

}  // namespace alexnet::test
