#include <algorithm>
#include <cmath>

#include "data/resampler.h"

namespace alexnet {
namespace {

// A triangle round the output's place in the input; shrinking widens it by the factor. Inputs and
// weights in double precision, as Pillow computes them.
struct Triangle {
  double center;
  double support;
  int first;
  int last;

  Triangle(double offset, double scale, int inputs, int output)
      : center(offset + (output + 0.5) * scale),
        support(std::max(scale, 1.0)),
        first(std::max(static_cast<int>(center - support + 0.5), 0)),
        last(std::min(static_cast<int>(center + support + 0.5), inputs)) {}

  double weight(int input) const {
    return std::max(1.0 - std::abs((input - center + 0.5) * (1.0 / support)), 0.0);
  }
  double sum() const {
    double sum = 0;
    for (int input = first; input < last; ++input) sum += weight(input);
    return sum;
  }
};

void write_weights(const Triangle& triangle, std::int32_t* weights) {
  const double sum = triangle.sum();
  for (int input = triangle.first; input < triangle.last; ++input) {
    const double share = sum == 0.0 ? 0.0 : triangle.weight(input) / sum;
    *weights++ = static_cast<std::int32_t>(0.5 + share * (1 << simd::kFractionBits));
  }
}

}  // namespace

void make_windows(const Axis& axis, int first, int count, bool mirrored, std::size_t group,
                  Windows& windows) {
  const int origin = static_cast<int>(std::floor(axis.start));
  const int inputs = static_cast<int>(std::ceil(axis.start + axis.extent)) - origin;
  const double scale = axis.extent / axis.out;
  const auto triangle = [&](int output) {
    return Triangle(axis.start - origin, scale, inputs, output);
  };
  const int begin = std::clamp(first, 0, axis.out);
  const int end = std::clamp(first + count, begin, axis.out);
  const int lowest = begin < end ? triangle(begin).first : 0;
  const int highest = begin < end ? triangle(end - 1).last : 0;
  const auto most = static_cast<std::size_t>(2 * std::ceil(std::max(scale, 1.0)) + 1);
  windows.taps =
      (std::min(most, static_cast<std::size_t>(highest - lowest)) + group - 1) / group * group;
  windows.begin = origin + lowest;
  windows.end = origin + highest;
  const auto places = (static_cast<std::size_t>(count) + group - 1) / group * group;
  windows.firsts.assign(places, 0);
  windows.weights.assign(places * windows.taps, 0);
  // A window must not begin so late that its taps run over the end.
  const int latest = std::max(highest - lowest - static_cast<int>(windows.taps), 0);
  for (int output = begin; output < end; ++output) {
    const auto place =
        static_cast<std::size_t>(mirrored ? first + count - 1 - output : output - first);
    const Triangle here = triangle(output);
    const int wanted = here.first - lowest;
    const int given = std::min(wanted, latest);
    windows.firsts[place] = given;
    write_weights(here, &windows.weights[place * windows.taps] + (wanted - given));
  }
}

}  // namespace alexnet
