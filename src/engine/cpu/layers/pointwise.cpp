// Layers that only move or scale elements: ReLU on its own, dropout, and the step from (h, w, c)
// maps to (c, y, x) vectors.
#include <array>

#include "engine/common/dropout_key.h"
#include "engine/cpu/base/implementation.h"
#include "engine/cpu/simd/dropout.h"
#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/simd/relu_gradient.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line, which threads should not share

std::size_t elements(const Shape& shape) {
  return static_cast<std::size_t>(element_count(shape));
}

Attempt made(std::unique_ptr<Step> step) {
  return {.step = std::move(step), .why_not = {}};
}

/// In place: AlexNet's ReLUs are fused, this one serves networks where one stands elsewhere.
class ReluStep : public Step {
 public:
  explicit ReluStep(const Problem& problem) : features_(elements(problem.info.input)) {}

  std::string implementation() const override { return "in place"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override {
    work.team.each(count(work), kLine, [&](Range part) {
      simd::relu(work.x + part.begin, work.y + part.begin, part.size());
    });
  }

  void backward(const Work& work) override {
    simd::mask_relu_gradient(work.team, work.dy, work.y, count(work));
  }

 private:
  std::size_t count(const Work& work) const {
    return static_cast<std::size_t>(work.images) * features_;
  }

  std::size_t features_;
};

/// In place, forward and backward; element-wise masks, kept in a byte each for the backward pass.
class DropoutStep : public Step {
 public:
  DropoutStep(const Dropout& dropout, const Problem& problem)
      : layer_(problem.layer),
        probability_(dropout.probability),
        features_(elements(problem.info.input)),
        kept_(problem.training ? static_cast<std::size_t>(problem.max_batch()) * features_ : 0) {}

  std::string implementation() const override { return "in place"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override {
    if (!active(work.pass)) return;
    work.team.each(count(work), kLine, [&](Range part) {
      const std::size_t begin = first(work) + part.begin;
      simd::draw_kept(dropout_key(work.pass.seed, work.pass.step, layer_), probability_,
                      before(work.pass) + begin, part.size(), kept_.data() + begin);
      apply(work.y, work, part);
    });
  }

  void backward(const Work& work) override {
    if (!active(work.pass)) return;
    work.team.each(count(work), kLine, [&](Range part) { apply(work.dy, work, part); });
  }

 private:
  bool active(const Pass& pass) const { return pass.training && probability_ > 0.0F; }

  // Elements of the batch that come before the pass's, where that has a part of it.
  std::size_t before(const Pass& pass) const {
    return static_cast<std::size_t>(pass.part.first) * features_;
  }

  // Elements of the pass that come before this call's.
  std::size_t first(const Work& work) const {
    return static_cast<std::size_t>(work.first) * features_;
  }

  std::size_t count(const Work& work) const {
    return static_cast<std::size_t>(work.images) * features_;
  }

  void apply(float* values, const Work& work, Range part) const {
    const std::uint8_t* const kept = kept_.data() + first(work) + part.begin;
    simd::keep_and_scale(values + part.begin, kept, 1.0F / (1.0F - probability_), part.size());
  }

  std::uint32_t layer_;
  float probability_;
  std::size_t features_;
  std::vector<std::uint8_t> kept_;
};

/// (n, h, w, c) to (n, c · h · w): the activations are permuted so that the FC weights need not be.
class FlattenStep : public Step {
 public:
  explicit FlattenStep(const Problem& problem)
      : channels_(static_cast<std::size_t>(problem.info.input[0])),
        pixels_(elements(problem.info.input) / channels_) {}

  std::string implementation() const override { return "permute"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override { transpose(work, work.x, pixels_, channels_, work.y); }

  void backward(const Work& work) override {
    if (work.dx != nullptr) transpose(work, work.dy, channels_, pixels_, work.dx);
  }

 private:
  // (n, rows, columns) to (n, columns, rows)
  static void transpose(const Work& work, const float* from, std::size_t rows, std::size_t columns,
                        float* to) {
    const std::size_t to_rows = static_cast<std::size_t>(work.images) * columns;
    work.team.each(to_rows, kLine,
                   [&](Range some) { simd::transpose(from, rows, columns, some, to); });
  }

  std::size_t channels_;
  std::size_t pixels_;
};

}  // namespace

Implementations<Relu> implementations(const Relu& /*relu*/) {
  static const std::array<Implementation<Relu>, 1> list{
      {{"in place", Isa::none, {}, [](const Relu&, const Problem& problem) {
          return made(std::make_unique<ReluStep>(problem));
        }}}};
  return list;
}

Implementations<Dropout> implementations(const Dropout& /*dropout*/) {
  static const std::array<Implementation<Dropout>, 1> list{
      {{"in place", Isa::none, {}, [](const Dropout& dropout, const Problem& problem) {
          return made(std::make_unique<DropoutStep>(dropout, problem));
        }}}};
  return list;
}

Implementations<Flatten> implementations(const Flatten& /*flatten*/) {
  static const std::array<Implementation<Flatten>, 1> list{
      {{"permute", Isa::none, {}, [](const Flatten&, const Problem& problem) {
          return made(std::make_unique<FlattenStep>(problem));
        }}}};
  return list;
}

}  // namespace alexnet::cpu
