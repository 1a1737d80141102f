#include "engine/cpu/conv/winograd/tiles.h"

#include <algorithm>
#include <compare>
#include <limits>

namespace alexnet::cpu::winograd {
namespace {

/// Fewest products first; among equals the smaller transforms, which round less.
struct Cost {
  std::size_t products = 0;
  std::size_t squares = 0;
  // clang-tidy 14 takes the 0 that the compiler compares with for a pointer.
  auto operator<=>(const Cost&) const = default;  // NOLINT(modernize-use-nullptr)
};

// The frequencies of the tiles that cover `extent` at the least cost, largest first.
std::vector<std::size_t> cheapest(std::size_t extent, std::size_t taps, std::size_t most_outputs) {
  const std::size_t least = std::max(kMinFrequencies, taps + 1);
  const std::size_t most = std::clamp(most_outputs + taps - 1, least, kMaxFrequencies);
  constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  std::vector<Cost> best(extent + 1, {kNever, kNever});
  std::vector<std::size_t> choice(extent + 1, 0);
  best[0] = {};
  for (std::size_t covered = 1; covered <= extent; ++covered) {
    for (std::size_t n = least; n <= most; ++n) {
      const Cost& before = best[covered - std::min(covered, n - taps + 1)];
      const Cost cost{before.products + n, before.squares + n * n};
      if (cost < best[covered]) {
        best[covered] = cost;
        choice[covered] = n;
      }
    }
  }
  std::vector<std::size_t> tiles;
  for (std::size_t left = extent; left > 0; left -= std::min(left, tiles.back() - taps + 1)) {
    tiles.push_back(choice[left]);
  }
  std::ranges::sort(tiles, std::greater<>());
  return tiles;
}

}  // namespace

Axis::Axis(std::size_t extent, std::size_t taps, std::size_t most_outputs) {
  std::array<std::size_t, kMaxFrequencies + 1> uses{};
  std::size_t start = 0;
  for (const std::size_t n : cheapest(extent, taps, most_outputs)) {
    const std::size_t outputs = n - taps + 1;
    tiles_.push_back({start, outputs, n});
    start += outputs;
    ++uses[n];
  }
  reference_ = static_cast<std::size_t>(std::ranges::max_element(uses) - uses.begin());
  for (std::size_t n = kMinFrequencies; n <= kMaxFrequencies; ++n) {
    for (std::size_t i = 0; i < n; ++i) {
      scales_[n][i] = static_cast<float>(norm(i) / winograd::norm(i, n));
    }
  }
}

std::size_t Axis::with_frequency(std::size_t frequency) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(tiles_, [&](const Tile& t) { return t.frequencies > frequency; }));
}

std::size_t Axis::products() const {
  std::size_t sum = 0;
  for (const Tile& tile : tiles_) sum += tile.frequencies;
  return sum;
}

const float* Axis::input_scale(std::size_t frequencies) const {
  return frequencies == reference_ ? nullptr : scales_[frequencies].data();
}

}  // namespace alexnet::cpu::winograd
