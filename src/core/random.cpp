#include <Random123/philox.h>
#include <alexnet/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/crew.h"

namespace alexnet {

std::array<std::uint32_t, 4> random_block(const RandomKey& key, std::uint32_t index) {
  const philox4x32_ctr_t counter{
      {index, key.minor, key.major, static_cast<std::uint32_t>(key.purpose)}};
  const philox4x32_key_t words{
      {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)}};
  const philox4x32_ctr_t block = philox4x32(counter, words);
  return {block.v[0], block.v[1], block.v[2], block.v[3]};
}

std::uint32_t RandomStream::word() {
  const auto lane = static_cast<std::size_t>(position_ % 4);
  if (lane == 0) block_ = random_block(key_, static_cast<std::uint32_t>(position_ / 4));
  ++position_;
  return block_[lane];
}

// Multiply-shift: biased by less than bound / 2^32, and one draw always, so that streams stay
// aligned.
std::uint32_t RandomStream::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>((std::uint64_t{word()} * bound) >> 32);
}

namespace {

using Words = std::array<std::uint32_t, 4>;

/// Each four values are `numbers` of a block's four words.
template <class Numbers>
void fill(std::span<float> values, const RandomKey& key, const Numbers& numbers) {
  constexpr std::size_t kWorthThreads = 1 << 12;
  const auto fill_part = [&](parallel::Range part) {
    for (std::size_t start = part.begin; start < part.end; start += 4) {
      const std::array<float, 4> four =
          numbers(random_block(key, static_cast<std::uint32_t>(start / 4)));
      std::copy_n(four.begin(), std::min<std::size_t>(4, part.end - start), &values[start]);
    }
  };
  if (values.size() < kWorthThreads) return fill_part({0, values.size()});
  parallel::each(values.size(), 4, fill_part);
}

}  // namespace

void fill_uniform(std::span<float> values, const RandomKey& key, float low, float high) {
  fill(values, key, [=](const Words& words) {
    std::array<float, 4> numbers{};
    std::ranges::transform(words, numbers.begin(), [=](std::uint32_t word) {
      return low + (high - low) * to_unit_float(word);
    });
    return numbers;
  });
}

void fill_normal(std::span<float> values, const RandomKey& key, float mean, float deviation) {
  // Box-Muller: each pair of words gives the two coordinates of a normal point.
  const auto pair = [](std::uint32_t a, std::uint32_t b) {
    const double radius = std::sqrt(-2.0 * std::log((a + 1.0) * 0x1p-32));
    const double angle = 2.0 * std::numbers::pi * (b * 0x1p-32);
    return std::pair{radius * std::cos(angle), radius * std::sin(angle)};
  };
  fill(values, key, [&](const Words& words) {
    const auto [a, b] = pair(words[0], words[1]);
    const auto [c, d] = pair(words[2], words[3]);
    std::array<float, 4> numbers{};
    std::ranges::transform(std::array{a, b, c, d}, numbers.begin(), [=](double normal) {
      return mean + deviation * static_cast<float>(normal);
    });
    return numbers;
  });
}

std::vector<std::uint32_t> random_order(std::uint32_t count, const RandomKey& key) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  RandomStream stream(key);
  for (std::uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

Tensor random_normal(Shape shape, std::uint64_t seed) {
  Tensor tensor(std::move(shape));
  fill_normal(tensor.values(), {.seed = seed, .purpose = Purpose::tensor}, 0.0F, 1.0F);
  return tensor;
}

}  // namespace alexnet
