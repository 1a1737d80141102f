#pragma once

#include <cstddef>

/// Local response normalisation across channels, for pixels of NHWC maps.
namespace alexnet::cpu::simd {

/// s_c = k + alpha · (sum of x² over the channels c − reach … c + reach), y = x · s^−beta.
struct Lrn {
  std::size_t reach = 2;
  float k = 2.0F;
  float alpha = 2e-5F;
  float beta = 0.75F;
};

/// Floats that a call needs besides its inputs and outputs.
std::size_t lrn_scratch(const Lrn& lrn, std::size_t channels);

void lrn_forward(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x, float* y,
                 float* scratch);

/// dx_i = dy_i s_i^−beta − 2 alpha beta x_i · (sum over neighbours j of dy_j x_j s_j^(−beta − 1)).
void lrn_gradient(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                  const float* dy, float* dx, float* scratch);

}  // namespace alexnet::cpu::simd
