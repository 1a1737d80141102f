// Adaptive average pooling, which oneDNN does not have. Output i averages the inputs
// [floor(i · in / out), ceil((i + 1) · in / out)): means when shrinking, copies when growing.
#include <algorithm>
#include <array>

#include "engine/cpu/step.h"

namespace alexnet::cpu {
namespace {

struct Window {
  std::int64_t begin;
  std::int64_t end;
};

std::vector<Window> windows(std::int64_t in, std::int64_t out) {
  std::vector<Window> list;
  for (std::int64_t i = 0; i < out; ++i)
    list.push_back({i * in / out, ((i + 1) * in + out - 1) / out});
  return list;
}

class AdaptivePoolStep : public Step {
 public:
  explicit AdaptivePoolStep(const Problem& problem)
      : problem_(problem),
        channels_(problem.info.input[0]),
        in_width_(problem.info.input[2]),
        in_size_(element_count(problem.info.input)),
        out_size_(element_count(problem.info.output)),
        rows_(windows(problem.info.input[1], problem.info.output[1])),
        columns_(windows(problem.info.input[2], problem.info.output[2])) {}

  std::string implementation() const override { return "own loop"; }

  void forward(const Pass& pass) override {
#pragma omp parallel for schedule(static)
    for (int n = 0; n < pass.batch; ++n) {
      const float* x = problem_.x + n * in_size_;
      float* y = problem_.y + n * out_size_;
      std::fill_n(y, out_size_, 0.0F);
      for_each_pair([&](std::int64_t out, std::int64_t in, float share) {
        for (std::int64_t c = 0; c < channels_; ++c) y[out + c] += share * x[in + c];
      });
    }
  }

  void backward(const Pass& pass) override {
    if (problem_.dx == nullptr) return;
#pragma omp parallel for schedule(static)
    for (int n = 0; n < pass.batch; ++n) {
      const float* dy = problem_.dy + n * out_size_;
      float* dx = problem_.dx + n * in_size_;
      std::fill_n(dx, in_size_, 0.0F);
      for_each_pair([&](std::int64_t out, std::int64_t in, float share) {
        for (std::int64_t c = 0; c < channels_; ++c) dx[in + c] += share * dy[out + c];
      });
    }
  }

 private:
  // Every output pixel with every input pixel of its window, as offsets of their channels.
  template <class Visit>
  void for_each_pair(const Visit& visit) const {
    std::int64_t out = 0;
    for (const Window& row : rows_) {
      for (const Window& column : columns_) {
        const auto area = (row.end - row.begin) * (column.end - column.begin);
        const float share = 1.0F / static_cast<float>(area);
        for (std::int64_t y = row.begin; y < row.end; ++y) {
          for (std::int64_t x = column.begin; x < column.end; ++x) {
            visit(out, (y * in_width_ + x) * channels_, share);
          }
        }
        out += channels_;
      }
    }
  }

  Problem problem_;
  std::int64_t channels_;
  std::int64_t in_width_;
  std::int64_t in_size_;
  std::int64_t out_size_;
  std::vector<Window> rows_;
  std::vector<Window> columns_;
};

}  // namespace

Implementations<AdaptiveAvgPool> implementations(const AdaptiveAvgPool& /*pool*/) {
  static const std::array<Implementation<AdaptiveAvgPool>, 1> list{
      {{"own loop", [](const AdaptiveAvgPool&, const Problem& problem) {
          return Attempt{.step = std::make_unique<AdaptivePoolStep>(problem), .why_not = {}};
        }}}};
  return list;
}

}  // namespace alexnet::cpu
