#pragma once

#include <alexnet/image.h>
#include <alexnet/random.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_folder.h"

/// Small data sets on disk for tests, made on the spot.
namespace alexnet::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes read_bytes(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Makes the folders above it too.
inline void write_bytes(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary);
  std::ranges::copy(bytes, std::ostreambuf_iterator<char>(stream));
  if (!stream.flush()) throw std::runtime_error("cannot write " + path.string());
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  write_bytes(path, Bytes(text.begin(), text.end()));
}

inline void write_png(const std::filesystem::path& path, const Image& image) {
  std::filesystem::create_directories(path.parent_path());
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  if (png_image_write_to_file(&png, path.c_str(), 0, image.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

constexpr int kPatternClasses = 10;

/// A picture of one of ten classes that a network learns quickly, flipped or shifted a little too:
/// a band at one of five heights, bright on dark (0 to 4) or dark on bright (5 to 9), and noise.
inline Image pattern(int label, int side, int channels, std::uint64_t seed, std::uint32_t index) {
  Image image{.height = side, .width = side, .channels = channels, .pixels = {}};
  RandomStream noise({.seed = seed, .minor = index});
  const int band = label % 5;
  const bool bright = label < 5;
  for (int y = 0; y < side; ++y) {
    const bool inside = y * 5 / side == band;
    const std::uint32_t base = inside == bright ? 180 : 20;
    for (int i = 0; i < side * channels; ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(base + noise.below(50)));
    }
  }
  return image;
}

/// An IDX file: the magic number 0x08RR of unsigned bytes in RR dimensions, the extents, the bytes.
inline Bytes idx_file(const std::vector<std::uint32_t>& extents,
                      std::span<const std::uint8_t> body) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(extents.size())};
  for (const std::uint32_t extent : extents) {
    for (const int shift : {24, 16, 8, 0}) {
      bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
    }
  }
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

/// `count` 28x28 patterns, labels 0, 1, …, 9, 0, …, as PREFIX-images-idx3-ubyte and its labels.
inline void write_idx_split(const std::filesystem::path& folder, const std::string& prefix,
                            std::uint32_t count, std::uint64_t seed) {
  Bytes pixels;
  Bytes labels;
  for (std::uint32_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(i % kPatternClasses);
    const Image image = pattern(label, 28, 1, seed, i);
    pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
    labels.push_back(static_cast<std::uint8_t>(label));
  }
  write_bytes(folder / (prefix + "-images-idx3-ubyte"), idx_file({count, 28, 28}, pixels));
  write_bytes(folder / (prefix + "-labels-idx1-ubyte"), idx_file({count}, labels));
}

/// A grey 28x28 set of ten learnable classes in MNIST's files.
inline void write_idx_dataset(const std::filesystem::path& folder, std::uint32_t train,
                              std::uint32_t test, std::uint64_t seed) {
  write_idx_split(folder, "train", train, seed);
  write_idx_split(folder, "t10k", test, seed + 1);
}

/// Class folders of `per_class` RGB PNG images: folder/CLASS/0.png and so on.
inline void write_class_folders(const std::filesystem::path& folder,
                                const std::vector<std::string>& classes, int per_class, int side,
                                std::uint64_t seed) {
  std::uint32_t index = 0;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    for (int i = 0; i < per_class; ++i) {
      write_png(folder / classes[label] / (std::to_string(i) + ".png"),
                pattern(static_cast<int>(label), side, 3, seed, index++));
    }
  }
}

/// folder/train, val and test of class folders; val and test have half as many images.
inline void write_image_folder(const std::filesystem::path& folder,
                               const std::vector<std::string>& classes, int per_class, int side,
                               std::uint64_t seed) {
  write_class_folders(folder / "train", classes, per_class, side, seed);
  write_class_folders(folder / "val", classes, (per_class + 1) / 2, side, seed + 1);
  write_class_folders(folder / "test", classes, (per_class + 1) / 2, side, seed + 2);
}

/// CIFAR-10's binary files with `per_file` 32x32 patterns in each.
inline void write_cifar10(const std::filesystem::path& folder, std::uint32_t per_file,
                          std::uint64_t seed) {
  constexpr std::array kFiles{"data_batch_1", "data_batch_2", "data_batch_3",
                              "data_batch_4", "data_batch_5", "test_batch"};
  std::uint32_t index = 0;
  for (const char* file : kFiles) {
    Bytes bytes;
    for (std::uint32_t i = 0; i < per_file; ++i, ++index) {
      const int label = static_cast<int>(index % kPatternClasses);
      const Image image = pattern(label, 32, 3, seed, index);
      bytes.push_back(static_cast<std::uint8_t>(label));
      for (int c = 0; c < 3; ++c) {
        for (int p = 0; p < 32 * 32; ++p) bytes.push_back(image.at(p / 32, p % 32, c));
      }
    }
    write_bytes(folder / (std::string(file) + ".bin"), bytes);
  }
  write_text(folder / "batches.meta.txt",
             "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
}

}  // namespace alexnet::test
