#include <Random123/philox.h>
#include <alexnet/random.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

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

void fill_uniform(std::span<float> values, const RandomKey& key, float low, float high) {
  const auto count = static_cast<std::int64_t>(values.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < count; start += 4) {
    const auto block = random_block(key, static_cast<std::uint32_t>(start / 4));
    for (std::int64_t lane = 0; lane < 4 && start + lane < count; ++lane) {
      values[static_cast<std::size_t>(start + lane)] =
          low + (high - low) * to_unit_float(block[static_cast<std::size_t>(lane)]);
    }
  }
}

namespace {
constexpr std::int64_t kWorthThreads = 1 << 12;
}  // namespace

void fill_normal(std::span<float> values, const RandomKey& key, float mean, float deviation) {
  const auto count = static_cast<std::int64_t>(values.size());
  // Box-Muller: each pair of words gives the two coordinates of a normal point.
  const auto pair = [](std::uint32_t a, std::uint32_t b) {
    const double radius = std::sqrt(-2.0 * std::log((a + 1.0) * 0x1p-32));
    const double angle = 2.0 * std::numbers::pi * (b * 0x1p-32);
    return std::pair{radius * std::cos(angle), radius * std::sin(angle)};
  };
#pragma omp parallel for schedule(static) if (count >= kWorthThreads)
  for (std::int64_t start = 0; start < count; start += 4) {
    const auto block = random_block(key, static_cast<std::uint32_t>(start / 4));
    const auto [a, b] = pair(block[0], block[1]);
    const auto [c, d] = pair(block[2], block[3]);
    const std::array<double, 4> normals{a, b, c, d};
    for (std::int64_t lane = 0; lane < 4 && start + lane < count; ++lane) {
      values[static_cast<std::size_t>(start + lane)] =
          mean + deviation * static_cast<float>(normals[static_cast<std::size_t>(lane)]);
    }
  }
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
