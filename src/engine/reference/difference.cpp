#include "engine/reference/difference.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace alexnet::reference {
namespace {

/// A position of a map.
struct Position {
  std::int64_t n, y, x;
};

double sum_of_squares(const Map& x, const Position& at) {
  double sum = 0;
  for (std::int64_t c = 0; c < x.c; ++c) sum += std::pow(x.at(at.n, c, at.y, at.x), 2);
  return sum;
}

double length(double squares, Epsilon epsilon) {
  return epsilon == Epsilon::lpips ? std::sqrt(squares) + 1e-10 : std::sqrt(1e-8 + squares);
}

// Of length, by an element of the features: its value times this.
double length_slope(double squares, Epsilon epsilon) {
  return 1 / std::sqrt(epsilon == Epsilon::lpips ? squares : 1e-8 + squares);
}

template <class Visit>
void for_each_position(const Map& x, const Visit& visit) {
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t pair = 0; pair < x.n / 2; ++pair) {
    for (std::int64_t y = 0; y < x.h; ++y) {
      for (std::int64_t column = 0; column < x.w; ++column) {
        visit(Position{2 * pair, y, column}, Position{2 * pair + 1, y, column});
      }
    }
  }
}

}  // namespace

Map unit_difference(const Map& x, std::span<const float> weights, Epsilon epsilon) {
  Map result(x.n / 2, {1, x.h, x.w});
  for_each_position(x, [&](const Position& first, const Position& second) {
    const double s = length(sum_of_squares(x, first), epsilon);
    const double t = length(sum_of_squares(x, second), epsilon);
    double& sum = result.at(first.n / 2, 0, first.y, first.x);
    for (std::int64_t c = 0; c < x.c; ++c) {
      const double apart =
          x.at(first.n, c, first.y, first.x) / s - x.at(second.n, c, second.y, second.x) / t;
      sum += weights[static_cast<std::size_t>(c)] * apart * apart;
    }
  });
  return result;
}

// By the quotient rule: g / t with t = length(g).
void add_gradient(const Map& x, std::span<const float> weights, Epsilon epsilon, Map& dx) {
  for_each_position(x, [&](const Position& first, const Position& second) {
    const double squares = sum_of_squares(x, second);
    if (squares == 0) return;
    const double s = length(sum_of_squares(x, first), epsilon);
    const double t = length(squares, epsilon);
    const auto f = [&](std::int64_t c) { return x.at(first.n, c, first.y, first.x); };
    const auto g = [&](std::int64_t c) { return x.at(second.n, c, second.y, second.x); };
    const auto slope = [&](std::int64_t c) {
      return 2 * weights[static_cast<std::size_t>(c)] * (g(c) / t - f(c) / s);
    };
    double by_length = 0;
    for (std::int64_t c = 0; c < x.c; ++c) by_length -= slope(c) * g(c) / (t * t);
    for (std::int64_t c = 0; c < x.c; ++c) {
      dx.at(second.n, c, second.y, second.x) +=
          (slope(c) / t + by_length * g(c) * length_slope(squares, epsilon)) /
          static_cast<double>(x.h * x.w);
    }
  });
}

}  // namespace alexnet::reference
