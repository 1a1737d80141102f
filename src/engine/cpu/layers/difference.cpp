// With u = f / s and v = g / t, s and t the guarded lengths, the distance of a position is
// Σ w (u − v)². Its gradient by v is e = 2 w (v − u), and by g
//   e / t − g (e · g) / (r t²)
// with r the root in t: |g|, or √(ε + |g|²).
#include "engine/cpu/layers/difference.h"

#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace alexnet::cpu {
namespace {

simd::LengthGuard guard_of(Epsilon epsilon) {
  return epsilon == Epsilon::lpips ? simd::LengthGuard{.outside = 1e-10F}
                                   : simd::LengthGuard{.inside = 1e-8F};
}

}  // namespace

Difference::Difference(const LayerInfo& layer, std::vector<float> weights, Epsilon epsilon,
                       int max_batch)
    : channels_(static_cast<std::size_t>(layer.output[0])),
      height_(static_cast<std::size_t>(layer.output[1])),
      width_(static_cast<std::size_t>(layer.output[2])),
      weights_(std::move(weights)),
      guard_(guard_of(epsilon)),
      maps_(static_cast<std::size_t>(max_batch / 2) * pixels()) {}

void Difference::forward(const Work& work) {
  const auto pairs = static_cast<std::size_t>(work.images / 2);
  float* const maps = maps_.data() + static_cast<std::size_t>(work.first / 2) * pixels();
  work.team.each(pairs * height_, 1, [&](Range rows) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t pair = row / height_;
      const std::size_t first = 2 * pair * pixels() + row % height_ * width_;
      const float* const a = work.x + first * channels_;
      simd::unit_difference(width_, channels_, a, a + pixels() * channels_, weights_.data(), guard_,
                            maps + row * width_);
    }
  });
}

void Difference::backward(const Work& work) {
  const auto pairs = static_cast<std::size_t>(work.images / 2);
  work.team.each(pairs * pixels(), 1, [&](Range some) {
    for (std::size_t i = some.begin; i < some.end; ++i) {
      const std::size_t offset = (i / pixels() * 2 * pixels() + i % pixels()) * channels_;
      add_gradient(work.x + offset, work.dy + offset);
    }
  });
}

// Of one position: x is in the first image, as dy is.
void Difference::add_gradient(const float* x, float* dy) const {
  const float* const f = x;
  const float* const g = x + pixels() * channels_;
  const float squares = std::inner_product(g, g + channels_, g, 0.0F);
  if (squares == 0.0F) return;
  const float s = guard_.length(std::inner_product(f, f + channels_, f, 0.0F));
  const float t = guard_.length(squares);
  const auto slope = [&](std::size_t c) { return 2 * weights_[c] * (g[c] / t - f[c] / s); };
  float along = 0;
  for (std::size_t c = 0; c < channels_; ++c) along += slope(c) * g[c];
  along /= guard_.root(squares) * t * t;
  const auto positions = static_cast<float>(pixels());
  float* const to = dy + pixels() * channels_;
  for (std::size_t c = 0; c < channels_; ++c) {
    to[c] += (slope(c) / t - g[c] * along) / positions;
  }
}

TensorView Difference::maps(int pairs) const {
  return {{pairs, static_cast<std::int64_t>(height_), static_cast<std::int64_t>(width_)},
          {maps_.data(), static_cast<std::size_t>(pairs) * pixels()}};
}

}  // namespace alexnet::cpu
