#include "golden/digest.h"

#include <alexnet/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

namespace alexnet::golden {
namespace {

constexpr std::size_t kProjections = 64;
constexpr std::size_t kSamples = 256;
constexpr std::uint32_t kPositions = 2;  // `major` of the streams
constexpr std::uint32_t kSigns = 3;

double norm(std::span<const float> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// Sums of randomly signed elements e, by e % 64.
std::array<double, kProjections> signed_sums(std::span<const float> values, const RandomKey& key) {
  constexpr std::size_t kBits = 128;  // signs in a block
  std::array<double, kProjections> sums{};
  for (std::size_t start = 0; start < values.size(); start += kBits) {
    const auto block = random_block(key, static_cast<std::uint32_t>(start / kBits));
    const auto piece = values.subspan(start, std::min(kBits, values.size() - start));
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const bool negative = ((block[i / 32] >> (i % 32)) & 1U) != 0;
      sums[i % kProjections] += static_cast<double>(negative ? -piece[i] : piece[i]);
    }
  }
  return sums;
}

// The Hadamard transform of `sums`: the sign is the parity of the bits that both indices share.
std::vector<double> hadamard(const std::array<double, kProjections>& sums) {
  std::vector<double> result(kProjections);
  for (std::size_t j = 0; j < kProjections; ++j) {
    for (std::size_t i = 0; i < kProjections; ++i) {
      result[j] += std::popcount(i & j) % 2 == 0 ? sums[i] : -sums[i];
    }
  }
  return result;
}

}  // namespace

std::vector<std::uint32_t> sample_positions(std::size_t count, std::uint64_t seed,
                                            std::uint32_t parameter) {
  std::vector<std::uint32_t> positions(std::min(count, kSamples));
  if (count <= kSamples) {
    std::iota(positions.begin(), positions.end(), 0U);
    return positions;
  }
  RandomStream stream({.seed = seed, .major = kPositions, .minor = parameter});
  for (std::uint32_t& position : positions) {
    position = stream.below(static_cast<std::uint32_t>(count));
  }
  return positions;
}

Digest digest(std::span<const float> values, std::uint64_t seed, std::uint32_t parameter) {
  const RandomKey signs{.seed = seed, .major = kSigns, .minor = parameter};
  Digest result{.norm = norm(values), .projections = hadamard(signed_sums(values, signs))};
  for (const std::uint32_t position : sample_positions(values.size(), seed, parameter)) {
    result.samples.push_back(static_cast<double>(values[position]));
  }
  return result;
}

Digests digests(const Parameters& tensors, std::uint64_t seed) {
  Digests result;
  std::uint32_t parameter = 0;
  for (const NamedTensor& entry : tensors) {
    result.emplace(entry.name, digest(entry.tensor.values(), seed, parameter++));
  }
  return result;
}

}  // namespace alexnet::golden
