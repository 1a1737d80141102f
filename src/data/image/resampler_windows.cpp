#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/image/resampler.h"

namespace alexnet {
namespace {

/// A filter as Pillow has it: its weight at a distance, which is 0 beyond the support.
struct Filter {
  double support;
  double (*weight)(double distance);
};

double sinc(double x) {
  return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

double triangle(double x) {
  return std::max(1.0 - std::abs(x), 0.0);
}

// Keys' cubic convolution, a = -1/2.
double cubic(double distance) {
  constexpr double kA = -0.5;
  const double x = std::abs(distance);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * kA : 0.0;
}

double lanczos(double x) {
  return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

double box(double x) {
  return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double hamming(double x) {
  return std::abs(x) < 1.0 ? sinc(x) * (0.54 + 0.46 * std::cos(std::numbers::pi * x)) : 0.0;
}

// In the order of Interpolation.
constexpr std::array<Filter, 6> kFilters{
    {{0.5, box}, {3.0, lanczos}, {1.0, triangle}, {2.0, cubic}, {0.5, box}, {1.0, hamming}}};

/// The filter round an output's place in the input; shrinking widens it by the factor, but for the
/// nearest. Inputs and weights in double precision, as Pillow computes them.
class Window {
 public:
  Window(const Axis& axis, Interpolation interpolation)
      : is_nearest_(interpolation == Interpolation::nearest),
        filter_(kFilters.at(static_cast<std::size_t>(interpolation))),
        origin_(static_cast<int>(std::floor(axis.start))),
        inputs_(static_cast<int>(std::ceil(axis.start + axis.extent)) - origin_),
        offset_(axis.start - origin_),
        scale_(axis.extent / axis.out),
        stretch_(std::max(scale_, 1.0)) {}

  /// Inputs count from here.
  int origin() const { return origin_; }
  std::size_t most_taps() const {
    return static_cast<std::size_t>(2 * std::ceil(filter_.support * stretch_) + 1);
  }
  void move_to(int output) {
    centre_ = offset_ + (output + 0.5) * scale_;
    if (is_nearest_) {
      first_ = std::min(static_cast<int>(centre_), inputs_ - 1);
      last_ = first_ + 1;
      return;
    }
    const double support = filter_.support * stretch_;
    first_ = std::max(static_cast<int>(centre_ - support + 0.5), 0);
    last_ = std::min(static_cast<int>(centre_ + support + 0.5), inputs_);
  }
  int first() const { return first_; }
  int last() const { return last_; }

  void write_weights(std::int32_t* weights) const {
    const double all = sum();
    for (int input = first_; input < last_; ++input) {
      const double share = all == 0.0 ? 0.0 : weight(input) / all;
      *weights++ =
          static_cast<std::int32_t>(std::copysign(0.5, share) + share * (1 << simd::kFractionBits));
    }
  }

 private:
  double weight(int input) const {
    return is_nearest_ ? 1.0 : filter_.weight((input - centre_ + 0.5) * (1.0 / stretch_));
  }
  double sum() const {
    double sum = 0;
    for (int input = first_; input < last_; ++input) sum += weight(input);
    return sum;
  }

  bool is_nearest_;
  Filter filter_;
  int origin_;
  int inputs_;
  double offset_;
  double scale_;
  double stretch_;
  double centre_ = 0;
  int first_ = 0;
  int last_ = 0;
};

}  // namespace

void make_windows(const Axis& axis, const OutputRange& range, Interpolation interpolation,
                  Windows& windows) {
  const auto& [first, count, mirrored, group] = range;
  Window window(axis, interpolation);
  const int begin = std::clamp(first, 0, axis.out);
  const int end = std::clamp(first + count, begin, axis.out);
  int lowest = 0;
  int highest = 0;
  if (begin < end) {
    window.move_to(begin);
    lowest = window.first();
    window.move_to(end - 1);
    highest = window.last();
  }
  windows.taps =
      (std::min(window.most_taps(), static_cast<std::size_t>(highest - lowest)) + group - 1) /
      group * group;
  windows.begin = window.origin() + lowest;
  windows.end = window.origin() + highest;
  const auto places = (static_cast<std::size_t>(count) + group - 1) / group * group;
  windows.firsts.assign(places, 0);
  windows.weights.assign(places * windows.taps, 0);
  // A window must not begin so late that its taps run over the end.
  const int latest = std::max(highest - lowest - static_cast<int>(windows.taps), 0);
  for (int output = begin; output < end; ++output) {
    const auto place =
        static_cast<std::size_t>(mirrored ? first + count - 1 - output : output - first);
    window.move_to(output);
    const int wanted = window.first() - lowest;
    const int given = std::min(wanted, latest);
    windows.firsts[place] = given;
    window.write_weights(&windows.weights[place * windows.taps] + (wanted - given));
  }
}

}  // namespace alexnet
