#include "engine/cpu/simd/lrn.h"

#include <cmath>

namespace alexnet::cpu::simd {
namespace {

float window_sum(const float* padded, std::size_t reach) {
  float sum = 0.0F;
  for (std::size_t j = 0; j <= 2 * reach; ++j) sum += padded[j];
  return sum;
}

}  // namespace

std::size_t lrn_scratch(const Lrn& lrn, std::size_t channels) {
  return 2 * (channels + 2 * lrn.reach);
}

void lrn_forward(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x, float* y,
                 float* scratch) {
  for (std::size_t c = 0; c < channels + 2 * lrn.reach; ++c) scratch[c] = 0.0F;
  for (std::size_t i = 0; i < pixels; ++i, x += channels, y += channels) {
    for (std::size_t c = 0; c < channels; ++c) scratch[lrn.reach + c] = x[c] * x[c];
    for (std::size_t c = 0; c < channels; ++c) {
      y[c] = x[c] * std::pow(lrn.k + lrn.alpha * window_sum(scratch + c, lrn.reach), -lrn.beta);
    }
  }
}

void lrn_gradient(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                  const float* dy, float* dx, float* scratch) {
  float* const ratio = scratch + channels + 2 * lrn.reach;
  for (std::size_t c = 0; c < lrn_scratch(lrn, channels); ++c) scratch[c] = 0.0F;
  for (std::size_t i = 0; i < pixels; ++i, x += channels, dy += channels, dx += channels) {
    for (std::size_t c = 0; c < channels; ++c) scratch[lrn.reach + c] = x[c] * x[c];
    for (std::size_t c = 0; c < channels; ++c) {
      const float s = lrn.k + lrn.alpha * window_sum(scratch + c, lrn.reach);
      dx[c] = dy[c] * std::pow(s, -lrn.beta);
      ratio[lrn.reach + c] = dx[c] * x[c] / s;
    }
    for (std::size_t c = 0; c < channels; ++c) {
      dx[c] -= 2.0F * lrn.alpha * lrn.beta * x[c] * window_sum(ratio + c, lrn.reach);
    }
  }
}

}  // namespace alexnet::cpu::simd
