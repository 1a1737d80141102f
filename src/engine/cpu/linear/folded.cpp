#include "engine/cpu/linear/folded.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "engine/cpu/linear/weight_rows.h"

namespace alexnet::cpu {
namespace {

/// Shares of the pixels in the pooled pixels, (pooled, pixels).
class PoolMatrix {
 public:
  PoolMatrix(const Shape& map, const AdaptiveAvgPool& pool)
      : pooled_(static_cast<std::size_t>(pool.height) * static_cast<std::size_t>(pool.width)),
        pixels_(static_cast<std::size_t>(map[1] * map[2])) {
    for (std::int64_t i = 0; i < pool.height; ++i) {
      for (std::int64_t j = 0; j < pool.width; ++j) {
        for (std::int64_t y = 0; y < map[1]; ++y) {
          for (std::int64_t x = 0; x < map[2]; ++x) {
            shares_.push_back(share(i, y, map[1], pool.height) * share(j, x, map[2], pool.width));
          }
        }
      }
    }
  }

  std::size_t pooled() const { return pooled_; }
  std::size_t pixels() const { return pixels_; }
  float operator()(std::size_t pooled, std::size_t pixel) const {
    return shares_[pooled * pixels_ + pixel];
  }

 private:
  static float share(std::int64_t output, std::int64_t input, std::int64_t in, std::int64_t out) {
    const std::int64_t begin = output * in / out;
    const std::int64_t end = ((output + 1) * in + out - 1) / out;
    return input >= begin && input < end ? 1.0F / static_cast<float>(end - begin) : 0.0F;
  }

  std::size_t pooled_;
  std::size_t pixels_;
  std::vector<float> shares_;
};

class FoldedLinear : public Step {
 public:
  FoldedLinear(const Shape& map, const AdaptiveAvgPool& pool, Problem problem)
      : original_(std::move(problem)),
        matrix_(map, pool),
        channels_(static_cast<std::size_t>(map[0])),
        rows_(static_cast<std::size_t>(original_.info.output[0])) {
    const Shape shape{original_.info.output[0], element_count(map)};
    weight_ = Tensor(shape);
    if (original_.weight_gradient != nullptr) gradient_ = Tensor(shape);
  }

  /// The problem on the map, for the implementations of Linear. Valid as long as this.
  Problem folded() {
    Problem problem = original_;
    problem.info.input = {weight_.shape()[1]};
    problem.info.multiply_adds = weight_.size();
    problem.weight = &weight_;
    problem.weight_gradient = original_.weight_gradient != nullptr ? &gradient_ : nullptr;
    return problem;
  }
  void set_inner(std::unique_ptr<Step> inner) { inner_ = std::move(inner); }

  std::string implementation() const override {
    return fmt::format("folded with the pool, {} of {} inputs: {}", weight_.shape()[1],
                       original_.info.input[0], inner_->implementation());
  }
  Threading forward_threading() const override { return inner_->forward_threading(); }
  bool reads_weights() const override { return false; }
  bool rounds_operands() const override { return inner_->rounds_operands(); }
  Products products() const override { return inner_->products(); }
  Threading backward_threading() const override { return inner_->backward_threading(); }
  Scratch scratch(int team_size) const override { return inner_->scratch(team_size); }
  Scratch backward_scratch() const override { return inner_->backward_scratch(); }

  std::vector<Stream> streams(int images, int team_size) const override {
    return inner_->streams(images, team_size);
  }

  std::int64_t multiply_adds(std::int64_t /*direct*/) const override { return weight_.size(); }
  std::int64_t gradient_multiply_adds(std::int64_t direct) const override {
    return direct / original_.info.multiply_adds * weight_.size();
  }
  std::int64_t weight_bytes(std::int64_t stored) const override {
    const std::int64_t weights = original_.weight->size();
    const std::int64_t bytes_each = stored / weights;  // the rest: biases and scales
    return stored - bytes_each * (weights - weight_.size());
  }

  void pack(const Team& team) override {
    team.each(rows_, 1, [&](Range rows) {
      linear::WeightRows weights(*original_.weight, rows.begin);
      for (std::size_t row = rows.begin; row < rows.end; ++row) fold(row, weights.floats());
    });
    team.barrier();
    inner_->pack(team);
  }

  void forward(const Work& work) override { inner_->forward(work); }

  void backward(const Work& work) override {
    inner_->backward(work);
    if (original_.weight_gradient == nullptr) return;
    work.team.barrier();
    work.team.each(rows_, 1, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) unfold(row);
    });
  }

 private:
  // (c, pooled) to (pixels, c): the map's order.
  void fold(std::size_t row, const float* from) {
    float* const to = weight_.data() + row * channels_ * matrix_.pixels();
    for (std::size_t c = 0; c < channels_; ++c, from += matrix_.pooled()) {
      for (std::size_t pixel = 0; pixel < matrix_.pixels(); ++pixel) {
        float sum = 0.0F;
        for (std::size_t p = 0; p < matrix_.pooled(); ++p) sum += matrix_(p, pixel) * from[p];
        to[pixel * channels_ + c] = sum;
      }
    }
  }

  // The gradient of fold.
  void unfold(std::size_t row) {
    const float* const from = gradient_.data() + row * channels_ * matrix_.pixels();
    float* to = original_.weight_gradient->data() + row * channels_ * matrix_.pooled();
    for (std::size_t c = 0; c < channels_; ++c, to += matrix_.pooled()) {
      for (std::size_t p = 0; p < matrix_.pooled(); ++p) {
        float sum = 0.0F;
        for (std::size_t pixel = 0; pixel < matrix_.pixels(); ++pixel) {
          sum += matrix_(p, pixel) * from[pixel * channels_ + c];
        }
        to[p] = sum;
      }
    }
  }

  Problem original_;
  PoolMatrix matrix_;
  std::size_t channels_;
  std::size_t rows_;
  Tensor weight_;  // (out, h · w · c)
  Tensor gradient_;
  std::unique_ptr<Step> inner_;
};

}  // namespace

Attempt make_folded(const Shape& map, const AdaptiveAvgPool& pool, const Linear& linear,
                    const Problem& problem) {
  auto folded = std::make_unique<FoldedLinear>(map, pool, problem);
  std::vector<std::string> declined;
  std::unique_ptr<Step> inner = first_step(linear, folded->folded(), declined);
  if (!inner) return {.step = nullptr, .why_not = fmt::format("{}", fmt::join(declined, "; "))};
  folded->set_inner(std::move(inner));
  return {.step = std::move(folded), .why_not = {}};
}

}  // namespace alexnet::cpu
