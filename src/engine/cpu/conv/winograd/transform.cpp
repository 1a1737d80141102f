#include "engine/cpu/conv/winograd/transform.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/conv/winograd/transform.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <array>
#include <limits>
#include <utility>

#include "engine/cpu/conv/winograd/points.h"
#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::winograd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using simd::HWY_NAMESPACE::at_least;
using simd::HWY_NAMESPACE::Floats;
using simd::HWY_NAMESPACE::kLanes;
using simd::HWY_NAMESPACE::load_up_to;
using simd::HWY_NAMESPACE::store_up_to;
using simd::HWY_NAMESPACE::Vec;

constexpr std::size_t kPiece = 2 * kLanes;

HWY_INLINE Vec times(double factor, Vec v) {
  return hn::Mul(hn::Set(Floats(), static_cast<float>(factor)), v);
}

/// sum + factor · v, with the factors 0, 1 and −1 for nothing.
template <class Factor>
HWY_INLINE Vec plus(Vec sum, Vec v, Factor) {
  constexpr double kFactor = Factor::value();
  if constexpr (kFactor == 0) return sum;
  if constexpr (kFactor == 1) return hn::Add(sum, v);
  if constexpr (kFactor == -1) return hn::Sub(sum, v);
  return hn::MulAdd(hn::Set(Floats(), static_cast<float>(kFactor)), v, sum);
}

/// Coefficient J of the polynomial over the frequencies 1 … Last.
template <std::size_t Last, std::size_t J>
struct PolynomialCoefficient {
  static constexpr double value() { return polynomial(Last)[J]; }
};

/// (point of frequency I) to the J.
template <std::size_t I, std::size_t J>
struct PointPower {
  static constexpr double value() { return power(kPoints[I], J); }
};

template <std::size_t I>
struct MinusPoint {
  static constexpr double value() { return -kPoints[I]; }
};

template <std::size_t I>
struct MinusPointSquared {
  static constexpr double value() { return -kPoints[I] * kPoints[I]; }
};

/// The polynomial over the frequencies 1 … Last applied to d: Last + 1 terms, the leading 1.
template <std::size_t Last, std::size_t J = Last>
HWY_INLINE Vec apply_polynomial(const Vec* d) {
  if constexpr (J == Last) {
    if constexpr (Last == 0)
      return d[0];
    else
      return plus(apply_polynomial<Last, J - 1>(d), d[J], PolynomialCoefficient<Last, J>());
  } else if constexpr (J == 0) {
    constexpr double kFirst = polynomial(Last)[0];
    if constexpr (kFirst == 0)
      return hn::Zero(Floats());
    else
      return times(kFirst, d[0]);
  } else {
    return plus(apply_polynomial<Last, J - 1>(d), d[J], PolynomialCoefficient<Last, J>());
  }
}

/// Bᵀ: takes the last point, or the last pair ±p, off the list. What the rows of all other points
/// have in common is the factor (x − p), or (x² − p²): it is applied to d first, and the rest is
/// the transform of the shorter list.
template <std::size_t N>
struct Interpolate {
  static constexpr std::size_t kFrom = N;
  static constexpr std::size_t kTo = N;
  static constexpr bool kPair = N % 2 == 0;

  HWY_INLINE static void apply(const Vec* d, Vec* out) {
    if constexpr (N == 2) {
      out[0] = d[1];
      out[1] = d[0];
    } else if constexpr (kPair) {
      Vec rest[N - 2];
      subtract<MinusPointSquared<N - 2>, 2>(d, rest, std::make_index_sequence<N - 2>());
      Interpolate<N - 2>::apply(rest, out);
      const Vec even = apply_polynomial<N - 3>(d + 1);
      const Vec odd = apply_polynomial<N - 3>(d);
      out[N - 2] = plus(even, odd, PointPower<N - 2, 1>());
      out[N - 1] = plus(even, odd, PointPower<N - 1, 1>());
    } else {
      Vec rest[N - 1];
      subtract<MinusPoint<N - 1>, 1>(d, rest, std::make_index_sequence<N - 1>());
      Interpolate<N - 1>::apply(rest, out);
      out[N - 1] = apply_polynomial<N - 2>(d);
    }
  }

 private:
  template <class Factor, std::size_t Step, std::size_t... J>
  HWY_INLINE static void subtract(const Vec* d, Vec* rest, std::index_sequence<J...>) {
    ((rest[J] = plus(d[J + Step], d[J], Factor())), ...);
  }
};

/// A and G: a polynomial of L coefficients at N points.
template <std::size_t N, std::size_t L>
struct Evaluate {
  static constexpr std::size_t kFrom = L;
  static constexpr std::size_t kTo = N;

  HWY_INLINE static void apply(const Vec* c, Vec* out) {
    out[0] = c[L - 1];
    out[1] = c[0];
    pairs<2>(c, out);
  }

 private:
  template <std::size_t I>
  HWY_INLINE static void pairs(const Vec* c, Vec* out) {
    if constexpr (I < N) {
      const Vec even = terms<I, 2>(c[0], c);
      const Vec odd = terms<I, 3>(first_odd<I>(c), c);
      out[I] = hn::Add(even, odd);
      if constexpr (I + 1 < N) out[I + 1] = hn::Sub(even, odd);
      pairs<I + 2>(c, out);
    }
  }
  template <std::size_t I>
  HWY_INLINE static Vec first_odd(const Vec* c) {
    if constexpr (kPoints[I] == 1)
      return c[1];
    else
      return times(kPoints[I], c[1]);
  }
  template <std::size_t I, std::size_t J>
  HWY_INLINE static Vec terms(Vec sum, const Vec* c) {
    if constexpr (J >= L)
      return sum;
    else
      return terms<I, J + 2>(plus(sum, c[J], PointPower<I, J>()), c);
  }
};

/// Aᵀ and Gᵀ: for each j < L the sum of p_i^j x_i.
template <std::size_t N, std::size_t L>
struct Moments {
  static constexpr std::size_t kFrom = N;
  static constexpr std::size_t kTo = L;
  static constexpr std::size_t kPairs = (N - 1) / 2;

  HWY_INLINE static void apply(const Vec* x, Vec* out) {
    Vec sums[kPairs];
    Vec differences[kPairs];
    pair_up<2>(x, sums, differences);
    moment<0>(x, sums, differences, out);
  }

 private:
  template <std::size_t I>
  HWY_INLINE static void pair_up(const Vec* x, Vec* sums, Vec* differences) {
    if constexpr (I + 1 < N) {
      sums[I / 2 - 1] = hn::Add(x[I], x[I + 1]);
      differences[I / 2 - 1] = hn::Sub(x[I], x[I + 1]);
      pair_up<I + 2>(x, sums, differences);
    } else if constexpr (I < N) {
      sums[I / 2 - 1] = x[I];
      differences[I / 2 - 1] = x[I];
    }
  }
  template <std::size_t J>
  HWY_INLINE static void moment(const Vec* x, const Vec* sums, const Vec* differences, Vec* out) {
    if constexpr (J < L) {
      const Vec* const halves = J % 2 == 0 ? sums : differences;
      Vec sum = halves[0];  // the points ±1
      if constexpr (J == 0) sum = hn::Add(sum, x[1]);
      if constexpr (J + 1 == L) sum = hn::Add(sum, x[0]);
      out[J] = add_pairs<J, 4>(sum, halves);
      moment<J + 1>(x, sums, differences, out);
    }
  }
  template <std::size_t J, std::size_t I>
  HWY_INLINE static Vec add_pairs(Vec sum, const Vec* halves) {
    if constexpr (I >= N)
      return sum;
    else
      return add_pairs<J, I + 2>(plus(sum, halves[I / 2 - 1], PointPower<I, J>()), halves);
  }
};

/// Which values a pass multiplies by the scales.
enum class Scaled { none, from, to };

template <class Algorithm, Scaled kScaled>
HWY_INLINE void apply_scaled(Vec* from, Vec* to, const float* scale) {
  if constexpr (kScaled == Scaled::from) {
    for (std::size_t i = 0; i < Algorithm::kFrom; ++i) {
      from[i] = hn::Mul(from[i], hn::Set(Floats(), scale[i]));
    }
  }
  Algorithm::apply(from, to);
  if constexpr (kScaled == Scaled::to) {
    for (std::size_t i = 0; i < Algorithm::kTo; ++i) {
      to[i] = hn::Mul(to[i], hn::Set(Floats(), scale[i]));
    }
  }
}

/// The intermediate values of a tile: (rows, columns) pieces.
using Intermediate = float[kMaxFrequencies * kMaxFrequencies * kPiece];

/// Along x: `rows` rows of pointers to rows of the intermediate.
using RowPass = void (*)(std::size_t rows, const float* const* from, std::size_t offset,
                         std::size_t channels, const float* scale, std::size_t ahead, float* to);

template <class Algorithm, Scaled kScaled>
void row_pass(std::size_t rows, const float* const* from, std::size_t offset, std::size_t channels,
              const float* scale, std::size_t ahead, float* to) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; c += kLanes) {
      Vec in[Algorithm::kFrom];
      Vec out[Algorithm::kTo];
      for (std::size_t i = 0; i < Algorithm::kFrom; ++i) {
        in[i] = load_up_to(from[i] + offset + c, channels - c);
      }
      for (std::size_t i = 0; ahead > 0 && i < Algorithm::kFrom; ++i) {
        __builtin_prefetch(from[i] + offset + c + ahead);
      }
      apply_scaled<Algorithm, kScaled>(in, out, scale);
      for (std::size_t i = 0; i < Algorithm::kTo; ++i) {
        hn::Store(out[i], Floats(), to + i * kPiece + c);
      }
    }
    from += Algorithm::kFrom;
    to += Algorithm::kTo * kPiece;
  }
}

/// Along y: `columns` columns of the intermediate to columns of pointers.
using ColumnPass = void (*)(std::size_t columns, const float* from, std::size_t channels,
                            const float* scale, const Finish& finish, float* const* to,
                            std::size_t offset);

template <class Algorithm, Scaled kScaled, bool kFinish>
void column_pass(std::size_t columns, const float* from, std::size_t channels, const float* scale,
                 const Finish& finish, float* const* to, std::size_t offset) {
  const Floats d;
  for (std::size_t c = 0; c < channels; c += kLanes) {
    Vec bias = hn::Zero(d);
    if (kFinish && finish.bias != nullptr) bias = load_up_to(finish.bias + c, channels - c);
    const Vec factor = hn::Set(d, finish.factor);
    const Vec least =
        finish.relu ? hn::Zero(d) : hn::Set(d, -std::numeric_limits<float>::infinity());
    for (std::size_t column = 0; column < columns; ++column) {
      Vec in[Algorithm::kFrom];
      Vec out[Algorithm::kTo];
      for (std::size_t i = 0; i < Algorithm::kFrom; ++i) {
        in[i] = hn::Load(d, from + (i * columns + column) * kPiece + c);
      }
      apply_scaled<Algorithm, kScaled>(in, out, scale);
      for (std::size_t i = 0; i < Algorithm::kTo; ++i) {
        if constexpr (kFinish) out[i] = at_least(least, hn::MulAdd(out[i], factor, bias));
        store_up_to(out[i], to[i * columns + column] + offset + c, channels - c);
      }
    }
  }
}

/// Runs a tile through its two passes, one piece of channels after another.
HWY_INLINE void run(RowPass rows, ColumnPass columns, std::size_t from_rows, std::size_t to_columns,
                    Scales scales, Finish finish, const Tables& tables) {
  alignas(64) Intermediate between;
  std::size_t from_offset = 0;
  std::size_t to_offset = 0;
  for (std::size_t c = 0; c < tables.channels; c += kPiece) {
    const std::size_t channels = HWY_MIN(kPiece, tables.channels - c);
    rows(from_rows, tables.from, from_offset, channels, scales.x, tables.ahead, between);
    columns(to_columns, between, channels, scales.y, finish, tables.to, to_offset);
    from_offset += tables.from_stride;
    to_offset += tables.to_stride;
    if (finish.bias != nullptr) finish.bias += kPiece;
  }
}

constexpr std::size_t kSizes = kMaxFrequencies + 1;
template <class Function>
using BySize = std::array<std::array<Function, kSizes>, kSizes>;  // [frequencies][values]

template <template <std::size_t, std::size_t> class Algorithm, Scaled kScaled, std::size_t N,
          std::size_t L = N - 1>
constexpr void fill_rows(BySize<RowPass>& table) {
  if constexpr (L >= 2) {
    table[N][L] = row_pass<Algorithm<N, L>, kScaled>;
    fill_rows<Algorithm, kScaled, N, L - 1>(table);
  } else if constexpr (N > kMinFrequencies) {
    fill_rows<Algorithm, kScaled, N - 1>(table);
  }
}

template <template <std::size_t, std::size_t> class Algorithm, Scaled kScaled, bool kFinish,
          std::size_t N, std::size_t L = N - 1>
constexpr void fill_columns(BySize<ColumnPass>& table) {
  if constexpr (L >= 2) {
    table[N][L] = column_pass<Algorithm<N, L>, kScaled, kFinish>;
    fill_columns<Algorithm, kScaled, kFinish, N, L - 1>(table);
  } else if constexpr (N > kMinFrequencies) {
    fill_columns<Algorithm, kScaled, kFinish, N - 1>(table);
  }
}

template <template <std::size_t, std::size_t> class Algorithm, Scaled kScaled>
constexpr BySize<RowPass> row_table() {
  BySize<RowPass> table{};
  fill_rows<Algorithm, kScaled, kMaxFrequencies>(table);
  return table;
}

template <template <std::size_t, std::size_t> class Algorithm, Scaled kScaled, bool kFinish = false>
constexpr BySize<ColumnPass> column_table() {
  BySize<ColumnPass> table{};
  fill_columns<Algorithm, kScaled, kFinish, kMaxFrequencies>(table);
  return table;
}

template <std::size_t... N>
constexpr auto interpolate_rows(std::index_sequence<N...>) {
  return std::array{
      std::pair<RowPass, RowPass>{row_pass<Interpolate<N + kMinFrequencies>, Scaled::none>,
                                  row_pass<Interpolate<N + kMinFrequencies>, Scaled::to>}...};
}

template <std::size_t... N>
constexpr auto interpolate_columns(std::index_sequence<N...>) {
  return std::array{std::pair<ColumnPass, ColumnPass>{
      column_pass<Interpolate<N + kMinFrequencies>, Scaled::none, false>,
      column_pass<Interpolate<N + kMinFrequencies>, Scaled::to, false>}...};
}

constexpr std::make_index_sequence<kMaxFrequencies - kMinFrequencies + 1> kInterpolations;

void input_tile(Extent n, Scales scales, const Tables& tables) {
  static constexpr auto kRows = interpolate_rows(kInterpolations);
  static constexpr auto kColumns = interpolate_columns(kInterpolations);
  const auto& rows = kRows[n.x - kMinFrequencies];
  const auto& columns = kColumns[n.y - kMinFrequencies];
  run(scales.x == nullptr ? rows.first : rows.second,
      scales.y == nullptr ? columns.first : columns.second, n.y, n.x, scales, {}, tables);
}

void evaluate_tile(Extent n, Extent values, Scales scales, const Tables& tables) {
  static constexpr auto kRows = row_table<Evaluate, Scaled::none>();
  static constexpr auto kColumns = column_table<Evaluate, Scaled::none>();
  static constexpr auto kScaledRows = row_table<Evaluate, Scaled::to>();
  static constexpr auto kScaledColumns = column_table<Evaluate, Scaled::to>();
  const bool scaled = scales.x != nullptr;
  run((scaled ? kScaledRows : kRows)[n.x][values.x],
      (scaled ? kScaledColumns : kColumns)[n.y][values.y], values.y, n.x, scales, {}, tables);
}

void moments_tile(Extent n, Extent values, Scales scales, const Tables& tables) {
  static constexpr auto kRows = row_table<Moments, Scaled::from>();
  static constexpr auto kColumns = column_table<Moments, Scaled::from>();
  run(kRows[n.x][values.x], kColumns[n.y][values.y], n.y, values.x, scales, {}, tables);
}

void output_tile(Extent n, Extent values, const Finish& finish, const Tables& tables) {
  static constexpr auto kRows = row_table<Moments, Scaled::none>();
  static constexpr auto kColumns = column_table<Moments, Scaled::none, true>();
  run(kRows[n.x][values.x], kColumns[n.y][values.y], n.y, values.x, {}, finish, tables);
}

}  // namespace alexnet::cpu::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::winograd {

HWY_EXPORT(input_tile);
HWY_EXPORT(evaluate_tile);
HWY_EXPORT(moments_tile);
HWY_EXPORT(output_tile);

void transform_input(Extent frequencies, Scales scales, const Tables& tables) {
  HWY_DYNAMIC_DISPATCH(input_tile)(frequencies, scales, tables);
}
void evaluate(Extent frequencies, Extent values, Scales scales, const Tables& tables) {
  HWY_DYNAMIC_DISPATCH(evaluate_tile)(frequencies, values, scales, tables);
}
void sum_moments(Extent frequencies, Extent values, Scales scales, const Tables& tables) {
  HWY_DYNAMIC_DISPATCH(moments_tile)(frequencies, values, scales, tables);
}
void transform_output(Extent frequencies, Extent values, const Finish& finish,
                      const Tables& tables) {
  HWY_DYNAMIC_DISPATCH(output_tile)(frequencies, values, finish, tables);
}

}  // namespace alexnet::cpu::winograd
#endif
