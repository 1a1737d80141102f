#pragma once

#include <array>
#include <cstddef>

/// The mathematics of fast convolution (Toom and Cook; Winograd 1980; Lavin and Gray 2016,
/// arXiv:1509.09308), in one dimension.
///
/// The product of two polynomials of m + r − 1 = N coefficients in all is known when its values at
/// N points are. Transposed, that computes m outputs of a filter of r taps from N inputs d with N
/// products instead of m · r:
///
///     y = Aᵀ [ (G g) ⊙ (Bᵀ d) ]
///
/// - A (N × m) and G (N × r) take coefficients to values: row i is 1, p, p², … at the point p_i.
/// - Bᵀ (N × N): row i holds the coefficients of the product of (x − q) over all other points q.
/// - Each row of G is divided by n_i, the product of (p_i − q).
/// - At the point ∞ a polynomial's value is its leading coefficient.
///
/// Points come in the order of a list, so that a larger transform begins with the points of a
/// smaller one: both then share the transformed filter (see tiles.h). Pairs ±p share their sums.
namespace alexnet::cpu::winograd {

inline constexpr std::size_t kMinFrequencies = 4;
inline constexpr std::size_t kMaxFrequencies = 8;

/// Frequency 0 is the point ∞ (its entry here is unused), frequency i > 0 the point p_i.
inline constexpr std::array<double, kMaxFrequencies> kPoints{0, 0, 1, -1, 2, -2, 0.5, -0.5};

using Coefficients = std::array<double, kMaxFrequencies>;

/// Coefficients, constant first, of the product of (x − p_i) over the frequencies 1 … last.
constexpr Coefficients polynomial(std::size_t last) {
  Coefficients c{1};
  for (std::size_t i = 1; i <= last; ++i) {
    for (std::size_t j = i; j > 0; --j) c[j] = c[j - 1] - kPoints[i] * c[j];
    c[0] *= -kPoints[i];
  }
  return c;
}

constexpr double power(double base, std::size_t exponent) {
  double result = 1;
  for (std::size_t i = 0; i < exponent; ++i) result *= base;
  return result;
}

/// n_i for a transform of `frequencies` points: what row i of G is divided by. For a point outside
/// the transform, the product over all of the transform's points.
constexpr double norm(std::size_t i, std::size_t frequencies) {
  if (i == 0) return 1;
  double product = 1;
  for (std::size_t j = 1; j < frequencies; ++j) {
    if (j != i) product *= kPoints[i] - kPoints[j];
  }
  return product;
}

}  // namespace alexnet::cpu::winograd
