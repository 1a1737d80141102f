#pragma once

#include <alexnet/tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// What a random number is for. Part of its key, so that no two uses ever share a draw.
enum class Purpose : std::uint32_t {
  tensor = 0,        ///< random tensors that a caller asks for
  parameters = 1,    ///< initial weights
  order = 3,         ///< the order of samples in an epoch
  augmentation = 4,  ///< crops and flips
  dropout = 5,       ///< dropout masks
  colour = 6,        ///< shifts of an image's colours
  shards = 7,        ///< the order of shards in an epoch
  packing = 8,       ///< the order of images in shards
  projection = 9,    ///< signs of random projections
  resampling = 10,   ///< images of a bootstrap
};

/// Names a stream of random numbers. The numbers are a pure function of the key and their index:
/// never of threads, time or earlier draws.
struct RandomKey {
  std::uint64_t seed = 0;
  Purpose purpose = Purpose::tensor;
  std::uint32_t major = 0;  ///< epoch or step
  std::uint32_t minor = 0;  ///< sample, layer or parameter
};

/// Block `index` of the stream: four uniform 32-bit words (Philox4x32-10; Salmon et al.,
/// "Parallel random numbers: as easy as 1, 2, 3", 2011). Counter words, low first: index, minor,
/// major, purpose; key words: seed low, seed high.
std::array<std::uint32_t, 4> random_block(const RandomKey& key, std::uint32_t index);

/// A word as a float in [0, 1): its upper 24 bits times 2^-24.
constexpr float to_unit_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

/// Reads one stream in order. For few draws; bulk users call random_block in parallel.
class RandomStream {
 public:
  explicit RandomStream(const RandomKey& key) : key_(key) {}

  std::uint32_t word();
  /// Uniform in [0, 1).
  float unit() { return to_unit_float(word()); }
  /// Uniform in [0, bound); bound > 0.
  std::uint32_t below(std::uint32_t bound);

 private:
  RandomKey key_;
  std::array<std::uint32_t, 4> block_{};
  std::uint64_t position_ = 0;
};

/// Fills with uniform floats in [low, high).
void fill_uniform(std::span<float> values, const RandomKey& key, float low, float high);
/// Fills with normal floats (Box-Muller).
void fill_normal(std::span<float> values, const RandomKey& key, float mean, float deviation);
/// 0 … count − 1 in random order (Fisher-Yates).
std::vector<std::uint32_t> random_order(std::uint32_t count, const RandomKey& key);

/// A tensor of standard normal values: torch.randn(shape) for examples and tests.
Tensor random_normal(Shape shape, std::uint64_t seed);

}  // namespace alexnet
#pragma GCC visibility pop
