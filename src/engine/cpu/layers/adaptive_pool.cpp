// Adaptive average pooling, which oneDNN does not have. Output i averages the inputs
// [floor(i · in / out), ceil((i + 1) · in / out)): means when shrinking, copies when growing.
//
// Along each axis that is a small matrix, (out, in), whose non-zero elements in a row are
// neighbours. The gradient is the same with the matrix transposed.
#include <array>

#include "engine/cpu/base/implementation.h"
#include "engine/cpu/simd/pool.h"

namespace alexnet::cpu {
namespace {

/// The rows of such a matrix.
class Axis {
 public:
  struct Window {
    std::size_t begin;
    std::size_t end;
  };

  static Axis means(std::size_t in, std::size_t out) {
    Axis axis;
    for (std::size_t i = 0; i < out; ++i) {
      const Window window = window_of(i, in, out);
      axis.start_row(window.begin);
      for (std::size_t j = window.begin; j < window.end; ++j) axis.add(weight(window));
    }
    return axis;
  }

  /// means(in, out) transposed: for each input the outputs whose windows contain it.
  static Axis gradients(std::size_t in, std::size_t out) {
    Axis axis;
    for (std::size_t j = 0; j < in; ++j) {
      std::size_t i = 0;
      while (window_of(i, in, out).end <= j) ++i;
      axis.start_row(i);
      for (; i < out && window_of(i, in, out).begin <= j; ++i) {
        axis.add(weight(window_of(i, in, out)));
      }
    }
    return axis;
  }

  std::size_t size() const { return rows_.size(); }
  simd::Taps operator[](std::size_t i) const {
    const Row& row = rows_[i];
    return {row.begin, row.count, weights_.data() + row.weights};
  }

 private:
  struct Row {
    std::size_t begin;
    std::size_t count;
    std::size_t weights;  // where they start
  };

  static Window window_of(std::size_t i, std::size_t in, std::size_t out) {
    return {i * in / out, ((i + 1) * in + out - 1) / out};
  }
  static float weight(const Window& window) {
    return 1.0F / static_cast<float>(window.end - window.begin);
  }

  void start_row(std::size_t begin) { rows_.push_back({begin, 0, weights_.size()}); }
  void add(float weight) {
    ++rows_.back().count;
    weights_.push_back(weight);
  }

  std::vector<Row> rows_;
  std::vector<float> weights_;
};

class AdaptivePoolStep : public Step {
 public:
  explicit AdaptivePoolStep(const Problem& problem)
      : AdaptivePoolStep(problem.info.input, problem.info.output) {}

  std::string implementation() const override { return "native"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override { apply(forward_, work, work.x, work.y); }
  void backward(const Work& work) override {
    if (work.dx != nullptr) apply(backward_, work, work.dy, work.dx);
  }

 private:
  struct Matrices {
    Axis rows;
    Axis columns;
    std::size_t from_height;
    std::size_t from_width;
  };

  AdaptivePoolStep(const Shape& input, const Shape& output)
      : channels_(size(input, 0)),
        forward_{Axis::means(size(input, 1), size(output, 1)),
                 Axis::means(size(input, 2), size(output, 2)), size(input, 1), size(input, 2)},
        backward_{Axis::gradients(size(input, 1), size(output, 1)),
                  Axis::gradients(size(input, 2), size(output, 2)), size(output, 1),
                  size(output, 2)} {}

  static std::size_t size(const Shape& shape, std::size_t axis) {
    return static_cast<std::size_t>(shape[axis]);
  }

  void apply(const Matrices& m, const Work& work, const float* from, float* to) const {
    const std::size_t height = m.rows.size();
    const std::size_t width = m.columns.size();
    const std::size_t pixels = static_cast<std::size_t>(work.images) * height * width;
    work.team.each(pixels, 1, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        const std::size_t image = i / (height * width);
        simd::weighted_sum(from + image * m.from_height * m.from_width * channels_, m.from_width,
                           channels_, m.rows[i / width % height], m.columns[i % width],
                           to + i * channels_);
      }
    });
  }

  std::size_t channels_;
  Matrices forward_;
  Matrices backward_;
};

}  // namespace

Implementations<AdaptiveAvgPool> implementations(const AdaptiveAvgPool& /*pool*/) {
  static const std::array<Implementation<AdaptiveAvgPool>, 1> list{
      {{"native", Isa::none, {}, [](const AdaptiveAvgPool&, const Problem& problem) {
          return Attempt{.step = std::make_unique<AdaptivePoolStep>(problem), .why_not = {}};
        }}}};
  return list;
}

}  // namespace alexnet::cpu
