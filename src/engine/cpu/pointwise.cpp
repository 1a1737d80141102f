// Layers that only move or scale elements: ReLU on its own, dropout, and the step from (h, w, c)
// maps to (c, y, x) vectors.
#include <algorithm>
#include <array>

#include "engine/batch.h"
#include "engine/cpu/step.h"

namespace alexnet::cpu {

void mask_relu_gradient(float* dy, const float* y, std::int64_t count) {
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < count; ++i) dy[i] = y[i] > 0.0F ? dy[i] : 0.0F;
}

namespace {

/// In place: AlexNet's ReLUs are fused, this one serves networks where one stands elsewhere.
class ReluStep : public Step {
 public:
  explicit ReluStep(Problem problem) : problem_(std::move(problem)) {}
  std::string implementation() const override { return "in place"; }

  void forward(const Pass& pass) override {
    const std::int64_t count = pass.batch * element_count(problem_.info.input);
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < count; ++i) problem_.y[i] = std::max(problem_.x[i], 0.0F);
  }

  void backward(const Pass& pass) override {
    mask_relu_gradient(problem_.dy, problem_.y, pass.batch * element_count(problem_.info.input));
  }

 private:
  Problem problem_;
};

/// In place, forward and backward; element-wise masks, kept in a byte each for the way back.
class DropoutStep : public Step {
 public:
  DropoutStep(const Dropout& dropout, const Problem& problem)
      : problem_(problem),
        probability_(dropout.probability),
        features_(problem.info.input[0]),
        kept_(problem.training ? static_cast<std::size_t>(problem.max_batch() * features_) : 0) {}

  std::string implementation() const override { return "in place"; }

  void forward(const Pass& pass) override {
    if (!active(pass)) return;
    draw(pass);
    apply(problem_.y, pass);
  }

  void backward(const Pass& pass) override {
    if (active(pass)) apply(problem_.dy, pass);
  }

 private:
  bool active(const Pass& pass) const { return pass.training && probability_ > 0.0F; }

  void draw(const Pass& pass) {
    const RandomKey key = dropout_key(pass.seed, pass.step, problem_.layer);
    const std::int64_t count = pass.batch * features_;
#pragma omp parallel for schedule(static)
    for (std::int64_t start = 0; start < count; start += 4) {
      const auto words = random_block(key, static_cast<std::uint32_t>(start / 4));
      const std::int64_t lanes = std::min<std::int64_t>(4, count - start);
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        kept_[static_cast<std::size_t>(start + lane)] =
            to_unit_float(words[static_cast<std::size_t>(lane)]) >= probability_ ? 1 : 0;
      }
    }
  }

  void apply(float* values, const Pass& pass) const {
    const float scale = 1.0F / (1.0F - probability_);
    const std::int64_t count = pass.batch * features_;
    const std::uint8_t* const kept = kept_.data();
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < count; ++i) values[i] *= kept[i] != 0 ? scale : 0.0F;
  }

  Problem problem_;
  float probability_;
  std::int64_t features_;
  std::vector<std::uint8_t> kept_;
};

/// (n, h, w, c) to (n, c · h · w): the activations are permuted so that the FC weights need not be.
class FlattenStep : public Step {
 public:
  explicit FlattenStep(const Problem& problem)
      : problem_(problem),
        channels_(problem.info.input[0]),
        pixels_(problem.info.input[1] * problem.info.input[2]) {}

  std::string implementation() const override { return "permute"; }

  void forward(const Pass& pass) override {
    transpose(problem_.x, problem_.y, pass.batch, pixels_, channels_);
  }

  void backward(const Pass& pass) override {
    if (problem_.dx != nullptr) transpose(problem_.dy, problem_.dx, pass.batch, channels_, pixels_);
  }

 private:
  // (n, rows, columns) to (n, columns, rows)
  static void transpose(const float* from, float* to, int batch, std::int64_t rows,
                        std::int64_t columns) {
#pragma omp parallel for collapse(2) schedule(static)
    for (int n = 0; n < batch; ++n) {
      for (std::int64_t column = 0; column < columns; ++column) {
        const float* source = from + n * rows * columns + column;
        float* target = to + n * rows * columns + column * rows;
        for (std::int64_t row = 0; row < rows; ++row) target[row] = source[row * columns];
      }
    }
  }

  Problem problem_;
  std::int64_t channels_;
  std::int64_t pixels_;
};

}  // namespace

Implementations<Relu> implementations(const Relu& /*relu*/) {
  static const std::array<Implementation<Relu>, 1> list{
      {{"in place", [](const Relu&, const Problem& problem) {
          return Attempt{.step = std::make_unique<ReluStep>(problem), .why_not = {}};
        }}}};
  return list;
}

Implementations<Dropout> implementations(const Dropout& /*dropout*/) {
  static const std::array<Implementation<Dropout>, 1> list{
      {{"in place", [](const Dropout& dropout, const Problem& problem) {
          return Attempt{.step = std::make_unique<DropoutStep>(dropout, problem), .why_not = {}};
        }}}};
  return list;
}

Implementations<Flatten> implementations(const Flatten& /*flatten*/) {
  static const std::array<Implementation<Flatten>, 1> list{
      {{"permute", [](const Flatten&, const Problem& problem) {
          return Attempt{.step = std::make_unique<FlattenStep>(problem), .why_not = {}};
        }}}};
  return list;
}

}  // namespace alexnet::cpu
